"""The card of a purchase is changed: why not, where it is typed, and what became of it."""
