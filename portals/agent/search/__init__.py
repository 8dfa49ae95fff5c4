"""Search by whatever is at hand."""
