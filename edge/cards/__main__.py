"""`python -m edge.cards`."""

from edge.cards.main import main

if __name__ == "__main__":
    raise SystemExit(main())
