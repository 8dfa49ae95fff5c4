"""The `guichet` command: one file per group of commands, listed in main.py."""
