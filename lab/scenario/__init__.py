"""Scenario files: their schema, their loading, the catalogue they form."""
