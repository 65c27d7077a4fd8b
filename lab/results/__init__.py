"""What runs came to, as data, and what is worked out from it alone."""
