"""Whose face a page wears: the gateway says it by host name, and it is kept for half a minute."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import time
from typing import Final

import msgspec

from portals.kit.gateway import Gateway, GatewayDown, GatewayProblem

KEPT_S: Final = 30.0
WAIT_S_MAX: Final = 1.5
HOSTS_MAX: Final = 64


class Palette(msgspec.Struct, frozen=True):
    """The colours of one theme."""

    accent: str
    strong: str
    soft: str
    on_accent: str


class Brand(msgspec.Struct, frozen=True):
    """A face; without a name the portal's own."""

    name: str = ""
    light: Palette | None = None
    dark: Palette | None = None
    logo: str | None = None
    logo_type: str | None = None

    @property
    def mark(self) -> str:
        """Return what changes with the face, for addresses that may be kept for good."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:10]

    @property
    def picture(self) -> bytes:
        """Return the logo's bytes, none when there is no logo."""
        try:
            return base64.b64decode(self.logo or "", validate=True)
        except binascii.Error:
            return b""

    @property
    def style(self) -> str:
        """Return the style sheet that changes the accent, and nothing else."""
        if self.light is None or self.dark is None:
            return ""
        dark = _rules(self.dark)
        return (
            f':root{{{_rules(self.light)}}}\n[data-theme="dark"]{{{dark}}}\n'
            f'@media (prefers-color-scheme: dark){{[data-theme="auto"]{{{dark}}}}}\n'
        )


class Brands:
    """The faces of the hosts that browsers asked for lately. A Host header is anybody's words, so they are bounded."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._known: dict[str, tuple[float, Brand]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def of(self, host: str) -> Brand:
        """Return the face that is known of a host."""
        return self._known.get(host, (0.0, Brand()))[1]

    async def refresh(self, host: str) -> None:
        """Learn a host's face: wait for it the first time, behind the page's back afterwards."""
        kept = self._known.get(host)
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            return
        task = self._asking.get(host)
        if task is None:
            if len(self._known) >= HOSTS_MAX and kept is None:
                del self._known[next(iter(self._known))]
            # What is known now counts until the answer is there, also for those who come meanwhile.
            self._known[host] = (time.monotonic(), self.of(host))
            task = self._asking[host] = asyncio.create_task(self._ask(host))
        if kept is None:
            await asyncio.wait({task}, timeout=WAIT_S_MAX)

    def forget(self) -> None:
        """Ask again for every host: a face was changed."""
        self._known.clear()

    async def _ask(self, host: str) -> None:
        try:
            answer = await self._gateway.as_user(token=None, locale="fr").get(
                "/v1/brand", [("host", host[:260])]
            )
            self._known[host] = (time.monotonic(), msgspec.convert(answer, Brand))
        except (GatewayProblem, GatewayDown, msgspec.ValidationError):
            # The portal's own face serves until the gateway answers again.
            return
        finally:
            self._asking.pop(host, None)


def _rules(palette: Palette) -> str:
    return (
        f"--accent:{palette.accent};--accent-strong:{palette.strong};--accent-soft:{palette.soft};"
        f"--on-accent:{palette.on_accent}"
    )
