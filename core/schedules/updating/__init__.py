"""What schemes say of cards that are kept: renewed, or closed (CAR-4)."""
