"""The estate of terminals: assigning one to a store, its options, its list."""
