"""The words of `do:`: one module per layer, each action a small model that documents itself."""
