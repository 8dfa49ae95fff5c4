"""Accounts, companies, stores and contacts: read, made, edited."""
