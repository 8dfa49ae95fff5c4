"""What customers write, and what agents answer."""
