"""What can be done to traffic: a module per action, with its model and what it does."""
