"""The live feed: one subscription for the process, every event encoded once a language, one chunk a tick."""
