"""How Guichet is put on machines."""
