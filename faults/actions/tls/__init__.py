"""What can happen to a TLS handshake."""
