"""The scope walk: every endpoint and every subject, asked by somebody whose grants hold where nothing is."""
