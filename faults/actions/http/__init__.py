"""What can happen to an HTTP exchange."""
