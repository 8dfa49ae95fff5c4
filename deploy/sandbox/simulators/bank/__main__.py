"""`python -m deploy.sandbox.simulators.bank`: the issuer of the test cards as a process.

GUICHET_BANK_PORT, GUICHET_HEALTH_PORT: where it listens, on loopback. GUICHET_BANK_KEY_FILE: the key (PEM, EC P-256) that
signs what it says. GUICHET_BANK_URL: where browsers find it; http://localhost and its port by default.
GUICHET_BANK_AUTHORITY_FILE: the authority of those whom it tells; the public ones by default.
"""

import logging
import secrets
import ssl
import sys
import time
import uuid
from pathlib import Path
from typing import Final

import httpx
import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from deploy.sandbox.simulators.bank.issuer import Issuer
from deploy.sandbox.simulators.bank.server import Bank
from observability.process import port_of, required, stop_asked
from observability.small_http import serve

_HEADER: Final = {"alg": "ES256"}


async def run(environment: dict[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises: SettingRefused, ValueError, OSError."""
    port = required_port(environment, "GUICHET_BANK_PORT")
    key = _read_key(required(environment, "GUICHET_BANK_KEY_FILE"))
    issuer = Issuer(
        url=environment.get("GUICHET_BANK_URL") or f"http://localhost:{port}",
        sign=lambda word: jws.serialize_compact(_HEADER, msgspec.json.encode(word), key),
        name=lambda: str(uuid.uuid4()),
        digits=lambda: f"{secrets.randbelow(10**6):06d}",
        now=time.monotonic,
    )
    stop = stop_asked()
    trusted = ssl.create_default_context(cafile=environment.get("GUICHET_BANK_AUTHORITY_FILE") or None)
    async with httpx.AsyncClient(trust_env=False, verify=trusted) as client:
        bank = Bank(issuer, client)
        ports = {port, port_of(environment, "GUICHET_HEALTH_PORT", default=port)}
        servers = [await serve(bank, host=HOST, port=each) for each in ports]
        logging.getLogger("guichet.bank").info("ready")
        await stop.wait()
        for server in servers:
            server.close()


def _read_key(file: str) -> ECKey:
    return ECKey.import_key(Path(file).read_bytes())


def main() -> int:
    """Run the bank; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("bank", run)


if __name__ == "__main__":
    sys.exit(main())
