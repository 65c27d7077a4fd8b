"""The module universe as data, and what it is built into."""
