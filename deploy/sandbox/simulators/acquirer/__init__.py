"""A simulated acquirer host: links that speak ISO 8583, decisions by script, a book of its own, a control API."""
