"""Rules of the portals that need no server."""
