"""A terminal that pyiso8583 speaks for: another implementation of ISO 8583, which nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import iso8583
from iso8583.specs import default_ascii

from deploy.sandbox.simulators.cards import CARDS
from deploy.sandbox.simulators.requests import Identity

IDENTITY = Identity("T0000001")
PAN = CARDS["approve-cb"].pan
AMOUNT = f"{5000:012d}"
# What its default table has otherwise than the dialect: text bitmaps and fixed fields are the same.
SPEC = default_ascii


class Foreign:
    """A terminal that pyiso8583 speaks for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(self, **fields: str) -> dict[str, Any]:
        """Send a message, `t` its type and `f7` a field, and return the answer."""
        return await self.ask_written(SPEC, fields)

    async def ask_written(self, spec: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a message written by another specification, and return the answer."""
        message = {("t" if key == "t" else key[1:]): value for key, value in fields.items()}
        message["41"], message["42"] = IDENTITY.terminal, IDENTITY.acceptor
        raw, _ = iso8583.encode(message, spec)
        self.writer.write(len(raw).to_bytes(2, "big") + bytes(raw))
        async with asyncio.timeout(5):
            size = int.from_bytes(await self._reader.readexactly(2), "big")
            decoded, _ = iso8583.decode(await self._reader.readexactly(size), SPEC)
        return decoded
