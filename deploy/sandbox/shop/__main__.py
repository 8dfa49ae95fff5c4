"""`python -m deploy.sandbox.shop`: the sandbox's shop as a process, on loopback.

GUICHET_HTTP_PORT: where it listens. GUICHET_GATEWAY_URL: the merchants' API. GUICHET_SHOP_KEY_FILE: the key of its company,
which the demonstration makes. GUICHET_SHOP_URL: where browsers find it; http://localhost and its port by default.
GUICHET_SPACE_URL, GUICHET_RECEIVER_URL, GUICHET_MAILBOX_URL: what it links to, if anything.
"""

import hashlib
import logging
import sys
from pathlib import Path
from typing import Final

import httpx

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from deploy.sandbox.shop.merchant import TIMEOUT_S, Merchant
from deploy.sandbox.shop.pages import Links
from deploy.sandbox.shop.server import Shop
from observability.process import required, stop_asked
from observability.small_http import serve

DEADLINE_S: Final = 40.0
"""A bank that does not answer keeps a customer for half a minute."""


async def run(environment: dict[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises: SettingRefused, ValueError, OSError."""
    port = required_port(environment, "GUICHET_HTTP_PORT")
    key_file = Path(required(environment, "GUICHET_SHOP_KEY_FILE"))

    def read_key() -> str:
        return key_file.read_text(encoding="utf-8").strip()

    stop = stop_asked()
    async with httpx.AsyncClient(
        base_url=required(environment, "GUICHET_GATEWAY_URL"), timeout=TIMEOUT_S, trust_env=False
    ) as client:
        shop = Shop(
            Merchant(client, read_key),
            origin=environment.get("GUICHET_SHOP_URL") or f"http://localhost:{port}",
            # The addresses of orders stay good over a restart, and nobody without the key makes one.
            secret=lambda: hashlib.sha256(f"addresses of orders {read_key()}".encode()).digest(),
            links=Links(
                environment.get("GUICHET_SPACE_URL", ""),
                environment.get("GUICHET_RECEIVER_URL", ""),
                environment.get("GUICHET_MAILBOX_URL", ""),
            ),
        )
        server = await serve(shop, host=HOST, port=port, deadline_s=DEADLINE_S)
        logging.getLogger("guichet.shop").info("ready")
        await stop.wait()
        server.close()


def main() -> int:
    """Run the shop; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("shop", run)


if __name__ == "__main__":
    sys.exit(main())
