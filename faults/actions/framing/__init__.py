"""What can happen to the way an HTTP answer is framed and sent."""
