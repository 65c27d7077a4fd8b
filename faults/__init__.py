"""Fault rules for Go module fetching, as a mitmproxy addon. Imports nothing of `lab`."""
