"""golab's own diagnostics, one small file each: they find what the documented ones miss.

A file here defines `check(client, target, limit) -> Finding` and two sentences, `COMPARES` (what
it looks at) and its docstring (what it finds). Its name, with dashes, is the diagnostic's id.
"""
