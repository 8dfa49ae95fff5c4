"""What the worker does besides payments, one file a topic: each gives `jobs(parts)`."""
