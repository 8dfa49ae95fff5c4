"""`python3 deploy/local/interpreter.py`: print the Python that the environment should be made from.

Two builds of one version differ by a third in speed (with or without profile-guided optimisation, libpython linked in
or loaded), and how they were built is not always told. So each interpreter of this machine that is new enough runs one
short loop, and one that is clearly faster than the `python3` of the path is taken instead.
Standard library only: it runs before anything is installed.
"""

import json
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3", "/usr/bin/python3", "/usr/local/bin/python3")
CLEARLY_FASTER = 0.85
ASK_TIMEOUT_S = 30

_QUESTION = """
import json, sys, time
def work():
    kept = {}
    for number in range(60000):
        name = str(number)
        kept[name] = (number, name[1:3])
    return len(kept)
best = 9.0
for _ in range(7):
    began = time.process_time()
    work()
    best = min(best, time.process_time() - began)
print(json.dumps([sys.version_info[:2], sys.executable, best]))
"""


def choose(asked: str) -> str:
    """Return the interpreter to use where people asked for `asked`; anything but `python3` is taken at its word."""
    if asked != "python3":
        return asked
    measured: dict[str, float] = {}
    for candidate in CANDIDATES:
        path = shutil.which(candidate)
        if path is None:
            continue
        answer = subprocess.run(
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=ASK_TIMEOUT_S, check=False
        )
        if answer.returncode == 0:
            version, executable, seconds = json.loads(answer.stdout)
            if tuple(version) >= OLDEST:
                measured.setdefault(executable, seconds)
    if not measured:
        return sys.executable
    first = next(iter(measured))
    fastest = min(measured, key=lambda executable: measured[executable])
    return fastest if measured[fastest] < CLEARLY_FASTER * measured[first] else first


if __name__ == "__main__":
    print(choose(sys.argv[1] if len(sys.argv) > 1 else "python3"))
