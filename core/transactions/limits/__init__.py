"""Up to how much one person may act alone, and changing it."""
