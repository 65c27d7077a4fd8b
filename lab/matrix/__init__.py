"""The detection matrix: which diagnostic notices which failure, and which cries wolf."""
