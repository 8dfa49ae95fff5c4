"""The portals in a real Chromium."""
