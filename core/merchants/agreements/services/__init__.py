"""Services at stores: their options and their limits, with the history of both."""
