"""`python -m golab` is the `golab` command."""

from lab.__main__ import main

if __name__ == "__main__":
    main()
