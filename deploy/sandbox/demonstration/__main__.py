"""`python -m deploy.sandbox.demonstration [--load-terminals N]`: an idempotent demonstration, and terminals by the thousand.

Environment: GUICHET_DATABASE_URL, GUICHET_DATA (folder whose secrets/demo-password and shop-key are made, 0600),
GUICHET_FACTOR_KEY_FILE (default: secrets/factor-key in that folder) that seals the agents' second factors,
GUICHET_RECEIVER_PORT (none: no endpoint of webhooks) where the sandbox's receiver listens.
Prints one line of JSON: {"agents": [{"email", "name", "role"}], "customers": [{"email", "name"}], "password", "terminals",
"load_terminals"}.

A terminal's data element 42 follows from its number: T0000001 and T0000002 have GCT000000000001, the next two
GCT000000000002; of the load, T1000001 to T1000010 have GCT100000000001, the next ten GCT100000000002.
"""

import argparse
import asyncio
import os
import secrets
import sys
from pathlib import Path

import asyncpg
import msgspec

from core.identity.api import FactorSeal, key_file, load_or_make_key
from core.webhooks.api import webhook_settings
from deploy.sandbox.demonstration.orders import shop_key
from deploy.sandbox.demonstration.store import TERMINALS_MAX, seed
from deploy.sandbox.demonstration.webhooks import SandboxReceiver
from observability.process import SettingRefused


def main() -> int:
    """Seed, print one line of JSON, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.sandbox.demonstration")
    parser.add_argument("--load-terminals", type=int, default=0, metavar="N")
    wanted: int = parser.parse_args().load_terminals
    database_url, folder = os.environ.get("GUICHET_DATABASE_URL"), os.environ.get("GUICHET_DATA")
    if not database_url or not folder:
        return _fail("GUICHET_DATABASE_URL and GUICHET_DATA must be set")
    if not 0 <= wanted <= TERMINALS_MAX:
        return _fail(f"--load-terminals takes 0 to {TERMINALS_MAX}")
    password = demo_password(Path(folder))
    leave_shop_key(Path(folder), password)
    try:
        seal = FactorSeal(load_or_make_key(key_file(os.environ)))
        receiver = None
        if port := os.environ.get("GUICHET_RECEIVER_PORT"):
            receiver = SandboxReceiver.of(Path(folder), int(port), webhook_settings(os.environ))
        seeded = asyncio.run(
            seed(database_url, password=password, load_terminals=wanted, seal=seal, receiver=receiver)
        )
    except SettingRefused as error:
        return _fail(str(error))
    except (OSError, asyncpg.PostgresError) as error:
        return _fail(f"the database refused the seed: {type(error).__name__}")
    sys.stdout.write(msgspec.json.encode(seeded).decode() + "\n")
    return 0


def demo_password(folder: Path) -> str:
    """Return the demonstration's password, made at random at first start and kept for the owner only."""
    path = folder / "secrets" / "demo-password"
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return password


def leave_shop_key(folder: Path, password: str) -> None:
    """Leave the sandbox shop its key, for the owner only."""
    path = folder / "secrets" / "shop-key"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(shop_key(password) + "\n")


def _fail(line: str) -> int:
    sys.stderr.write(f"seed: {line}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
