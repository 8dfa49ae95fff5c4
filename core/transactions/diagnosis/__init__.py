"""Which hop failed, and whether this is worse than usual: for the terminal, the store, the network."""
