"""What can happen to Go modules: list, info, mod and zip."""
