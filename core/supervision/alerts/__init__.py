"""Rules that watch, and the alerts that they open."""
