"""Name, language, addresses."""
