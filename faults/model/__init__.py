"""What rules are made of: which traffic (`where`), and what an action is."""
