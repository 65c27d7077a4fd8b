"""The edge: mitmproxy with the fault rules, between the client and the origin."""
