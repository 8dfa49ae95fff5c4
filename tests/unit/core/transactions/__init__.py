"""Pure rules of transactions."""
