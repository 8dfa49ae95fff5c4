"""The bell's page."""
