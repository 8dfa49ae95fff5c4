"""Strong authentication of a card's holder by its issuer: 3-D Secure behind a port (EDG-7)."""
