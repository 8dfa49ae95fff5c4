"""What every portal shares: session cookie, forgery protection, words, formats, components, static files."""
