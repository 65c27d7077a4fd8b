"""What can happen to a connection: resets, silence, slowness; inside TLS and on kept-alive ones."""
