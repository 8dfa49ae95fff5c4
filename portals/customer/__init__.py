"""The customers' space: one column, plain words, made for a phone and one minute."""
