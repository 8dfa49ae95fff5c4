"""Activity by hour, for charts."""
