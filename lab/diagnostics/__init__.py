"""Checks that say `alarm` or `quiet`: the documented ones as data, golab's own as probes."""
