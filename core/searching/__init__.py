"""One search over everything; journals on one time line."""
