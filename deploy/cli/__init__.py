"""The `guichet` command: one file per group of commands; main.py names them all."""
