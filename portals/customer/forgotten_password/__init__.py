"""A password that was forgotten is chosen again."""
