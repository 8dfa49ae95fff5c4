"""Fee grids."""
