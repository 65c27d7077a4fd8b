"""golab's probes and lints on a real project, on the machine one sits at."""
