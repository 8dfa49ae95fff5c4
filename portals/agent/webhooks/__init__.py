"""Webhooks of companies."""
