"""A customer puts another card in the place of the one that pays a purchase (CAR-1 to CAR-3, S2.29 to S2.35)."""
