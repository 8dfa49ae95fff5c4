"""Technical journals: what happened to a terminal, a store, a contract or a person, on one time line."""
