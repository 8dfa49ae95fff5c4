"""What the worker does for transactions: sweep, deliver, capture, project. Rows with `due_at`; the bus only wakes."""
