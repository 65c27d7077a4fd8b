"""The rules at work: which are armed, which match, and what they decide is carried out."""
