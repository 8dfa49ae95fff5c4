"""`python -m core --role engine|desk|worker`."""

from core.app import main

if __name__ == "__main__":
    raise SystemExit(main())
