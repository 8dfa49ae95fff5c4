"""An estate of terminals that behaves like a real one, and remembers what it was told."""
