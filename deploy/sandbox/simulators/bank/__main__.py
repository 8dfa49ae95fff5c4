"""`python -m deploy.sandbox.simulators.bank`: the issuer of the test cards as a process.

GUICHET_BANK_PORT, GUICHET_HEALTH_PORT: where it listens, on loopback. GUICHET_BANK_KEY_FILE: the key (PEM, EC P-256) that
signs what it says. GUICHET_BANK_URL: where browsers find it; http://localhost and its port by default.
GUICHET_BANK_AUTHORITY_FILE: the authority of those whom it tells; the public ones by default.
"""

import asyncio
import logging
import os
import secrets
import signal
import ssl
import sys
import time
import uuid
from pathlib import Path
from typing import Final

import httpx
import msgspec
import uvloop
from joserfc import jws
from joserfc.jwk import ECKey

from deploy.sandbox.simulators.bank.issuer import Issuer
from deploy.sandbox.simulators.bank.server import Bank
from observability.small_http import serve

EX_CONFIG: Final = 78
HOST: Final = "127.0.0.1"
_HEADER: Final = {"alg": "ES256"}


async def run(environment: dict[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises: KeyError, ValueError, OSError."""
    port = int(environment["GUICHET_BANK_PORT"])
    key = _read_key(environment["GUICHET_BANK_KEY_FILE"])
    issuer = Issuer(
        url=environment.get("GUICHET_BANK_URL") or f"http://localhost:{port}",
        sign=lambda word: jws.serialize_compact(_HEADER, msgspec.json.encode(word), key),
        name=lambda: str(uuid.uuid4()),
        digits=lambda: f"{secrets.randbelow(10**6):06d}",
        now=time.monotonic,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    trusted = ssl.create_default_context(cafile=environment.get("GUICHET_BANK_AUTHORITY_FILE") or None)
    async with httpx.AsyncClient(trust_env=False, verify=trusted) as client:
        bank = Bank(issuer, client)
        ports = {port, int(environment.get("GUICHET_HEALTH_PORT") or port)}
        servers = [await serve(bank, host=HOST, port=each) for each in ports]
        logging.getLogger("guichet.bank").info("ready")
        await stop.wait()
        for server in servers:
            server.close()


def _read_key(file: str) -> ECKey:
    return ECKey.import_key(Path(file).read_bytes())


def main() -> int:
    """Run the bank; configuration mistakes are one line and an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        uvloop.run(run(dict(os.environ)))
    except KeyError as error:
        sys.stderr.write(f"bank: {error.args[0]} is not set\n")
        return EX_CONFIG
    except (ValueError, OSError) as error:
        sys.stderr.write(f"bank: {error}\n")
        return EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
