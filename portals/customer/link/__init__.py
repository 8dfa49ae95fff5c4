"""The link in a mail: choose a password."""
