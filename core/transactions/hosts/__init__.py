"""What hosts say on their own, and what they do not accept: kept for a person, who settles it."""
