"""Labs for Python programs; `golab` is the public face of it."""
