"""The pieces that scenarios, claims and diagnostics are written with, and what they mean."""
