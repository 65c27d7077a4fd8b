"""One file per command. A command parses, calls and prints."""
