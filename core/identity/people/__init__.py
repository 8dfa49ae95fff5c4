"""What agents and customers have in common: how people of a realm are known, and what is kept of it."""
