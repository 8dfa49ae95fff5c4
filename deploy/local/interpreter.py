"""`python3 deploy/local/interpreter.py`: print the Python that the environment should be made from.

Interpreters of distributions are compiled with profile-guided optimisation; many that people compile for themselves
are not, and run this product's code half as slow. Among those of this machine that are new enough, the first optimised
one is printed, else the one that runs this script. Standard library only: it runs before anything is installed.
"""

import json
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3", "/usr/bin/python3", "/usr/local/bin/python3")
ASK_TIMEOUT_S = 20

_QUESTION = (
    "import json, sys, sysconfig; "
    "print(json.dumps([sys.version_info[:2], sys.executable, sysconfig.get_config_var('CONFIG_ARGS') or '']))"
)


def choose(asked: str) -> str:
    """Return the interpreter to use where people asked for `asked`; anything but `python3` is taken at its word."""
    if asked != "python3":
        return asked
    for candidate in CANDIDATES:
        path = shutil.which(candidate)
        if path is None:
            continue
        answer = subprocess.run(  # noqa: S603 - our own question to an interpreter of this machine.
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=ASK_TIMEOUT_S, check=False
        )
        if answer.returncode != 0:
            continue
        version, executable, options = json.loads(answer.stdout)
        if tuple(version) >= OLDEST and "--enable-optimizations" in options:
            return executable
    return sys.executable


if __name__ == "__main__":
    print(choose(sys.argv[1] if len(sys.argv) > 1 else "python3"))  # noqa: T201 - its answer.
