"""An acquirer host by other hands: pyiso8583 over plain sockets, which says whatever a test makes it say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import iso8583

from edge.dialects.ascii1987 import ASCII_1987
from perf.micro.codec import oracle_specification
from tests.support.nats_server import free_port

Fields = dict[str, str]
Say = Callable[[Fields], Iterable[Fields]]

_SPECIFICATION = oracle_specification(ASCII_1987)
_ECHOED = ("2", "3", "4", "7", "11", "12", "13", "14", "37", "41", "42", "49", "70", "90")


def answer_to(asked: Fields, **changes: str | None) -> Fields:
    """Return the answer that repeats all of its question, changed: `_39="00"` sets a field, None leaves it out."""
    answer = {number: asked[number] for number in _ECHOED if number in asked}
    answer["t"] = f"{asked['t'][:2]}{int(asked['t'][2]) + 1}0"
    for name, value in {"_39": "00", **changes}.items():
        number = name.lstrip("_")
        if value is None:
            answer.pop(number, None)
        else:
            answer[number] = value
    return answer


def agree(asked: Fields) -> Iterable[Fields]:
    """Say yes to everything."""
    yield answer_to(asked)


class ForeignHost:
    """Listens; `say` answers what is not network management, `manage` what is."""

    def __init__(self) -> None:
        self.port = free_port()
        self.say: Say = agree
        self.manage: Say = agree
        self.heard: list[tuple[float, Fields]] = []
        self.connected_at: list[float] = []
        self.writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the listener and every link."""
        if self._server is not None:
            self._server.close()
        for writer in list(self.writers):
            writer.close()

    def messages(self, *types: str) -> list[Fields]:
        """Return what was heard of some message types, in order."""
        return [fields for _, fields in self.heard if fields["t"] in types]

    def ask(self, fields: Fields) -> None:
        """Say something of the host's own on every link."""
        for writer in self.writers:
            writer.write(_framed(fields))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected_at.append(asyncio.get_running_loop().time())
        self.writers.add(writer)
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                fields, _ = iso8583.decode(await reader.readexactly(length), _SPECIFICATION)
                self.heard.append((asyncio.get_running_loop().time(), fields))
                if int(fields["t"][2]) % 2:
                    continue  # An answer of ours to what the host asked.
                say = self.manage if fields["t"] == "0800" else self.say
                for answer in say(fields):
                    writer.write(_framed(answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()


def _framed(fields: dict[str, Any]) -> bytes:
    raw, _ = iso8583.encode(dict(fields), _SPECIFICATION)
    return len(raw).to_bytes(2, "big") + bytes(raw)
