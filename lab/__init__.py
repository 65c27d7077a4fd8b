"""The lab: worlds, sandboxes, replay, diagnostics, reports and the command line."""

__version__ = "0.1.0"
