"""The journal of mail."""
