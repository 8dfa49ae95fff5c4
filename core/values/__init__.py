"""Values every zone shares: identifiers, money, the clock port. Pure, imports nothing of Guichet."""
