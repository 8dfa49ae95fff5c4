"""The institution's face and those of its partners."""
