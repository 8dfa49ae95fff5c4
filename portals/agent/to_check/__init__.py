"""What was kept for a person to look at."""
