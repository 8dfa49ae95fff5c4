"""What we ask of acquirer hosts, and what their answers decide: decision 28."""
