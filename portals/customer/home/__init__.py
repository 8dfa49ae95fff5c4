"""What needs the customer now, and the schedules under way."""
