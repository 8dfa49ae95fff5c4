"""Who else looks at a record."""
