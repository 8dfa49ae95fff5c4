"""The list of transactions, live and past."""
