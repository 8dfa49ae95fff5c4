"""One more address is proved."""
