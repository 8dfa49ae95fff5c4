"""What stands in for the outside world on a machine of development: never part of production."""
