"""What can happen to a DNS query."""
