"""mitmproxy's traffic, and what can be done to it while it flows."""
