"""Who may be a merchant already."""
