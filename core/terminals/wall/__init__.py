"""The state of the whole estate at one look."""
