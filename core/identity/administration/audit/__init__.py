"""The audit as its readers see it: the list, and how far the chain is whole."""
