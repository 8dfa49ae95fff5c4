"""Acts that need two people: one asks, another approves, then the act runs once."""
