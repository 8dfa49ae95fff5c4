"""Documents of clients, stored by content, and how they are made."""
