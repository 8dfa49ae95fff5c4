"""Onboarding a new merchant."""
