"""A bank that issues the test cards: it answers 3-D Secure, and challenges their holders on a page of its own."""
