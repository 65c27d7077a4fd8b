"""What can happen to the checksum database."""
