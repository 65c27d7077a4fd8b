"""What each action does to mitmproxy's traffic: one module per layer."""
