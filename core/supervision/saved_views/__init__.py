"""Lists as somebody likes to see them."""
