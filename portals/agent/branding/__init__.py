"""The institution's branding."""
