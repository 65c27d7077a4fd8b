"""The hooks by which mitmproxy shows traffic to the rules: one small addon per kind of traffic."""
