"""Where labs run: what every backend offers, and the backends."""
