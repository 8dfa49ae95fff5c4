"""The first connection, with the address of an order."""
