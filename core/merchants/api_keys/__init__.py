"""Keys by which merchants' own programs call."""
