"""Theme, language, row height."""
