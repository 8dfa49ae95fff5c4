"""Run squawk on the up part of every migration: the down part drops what it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
MIGRATIONS = CHECKOUT / "core" / "db" / "migrations"


def up_part(text: str) -> str:
    """Return the migration up to its `-- migrate:down`, so that line numbers stay true."""
    return text.split("-- migrate:down", maxsplit=1)[0]


def main() -> int:
    """Lint them all and return 1 when one has a finding."""
    squawk = Path(sys.executable).with_name("squawk")
    failed = 0
    for path in sorted(MIGRATIONS.glob("*.sql")):
        done = subprocess.run(
            [str(squawk), "--config", str(CHECKOUT / ".squawk.toml"), "--stdin-filepath", str(path)],
            input=up_part(path.read_text()),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout + done.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
