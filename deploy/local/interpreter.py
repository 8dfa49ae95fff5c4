"""`python3 deploy/local/interpreter.py`: print the Python that the environment should be made from.

An interpreter that has libpython linked in runs this product's code a quarter faster than one that loads it as a
shared library, where every call inside goes through a table. Among those of this machine that are new enough, the first
of the former kind is printed, else the `python3` of the path.
Standard library only: it runs before anything is installed.
"""

import json
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3", "/usr/bin/python3", "/usr/local/bin/python3")
LINKED_IN_BYTES_MIN = 1 << 20
"""A program with libpython in it holds megabytes; one that loads it, kilobytes."""

ASK_TIMEOUT_S = 30

_QUESTION = """
import json, os, sys
path = os.path.realpath(sys.executable)
print(json.dumps([sys.version_info[:2], sys.executable, os.path.getsize(path)]))
"""


def choose(asked: str) -> str:
    """Return the interpreter to use where people asked for `asked`; anything but `python3` is taken at its word."""
    if asked != "python3":
        return asked
    for candidate in CANDIDATES:
        path = shutil.which(candidate)
        if path is None:
            continue
        answer = subprocess.run(
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=ASK_TIMEOUT_S, check=False
        )
        if answer.returncode != 0:
            continue
        version, executable, size = json.loads(answer.stdout)
        if tuple(version) >= OLDEST and size >= LINKED_IN_BYTES_MIN:
            return executable
    return sys.executable


if __name__ == "__main__":
    sys.stdout.write(choose(sys.argv[1] if len(sys.argv) > 1 else "python3") + "\n")
