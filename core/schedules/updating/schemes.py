"""The port to the schemes' account updaters, and one that reads a file, for the sandbox.

An updater is asked about cards by their number, so that a real one has its place in edge, which alone can open them; what
comes back here is what core may know. Network tokens stand behind the same port: their life cycle says the same words.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

import msgspec
import structlog

from core.contracts.cards import CardId
from core.values.ids import IdMalformed

FILE_BYTES_MAX: Final = 1024 * 1024
FILE_SETTING: Final = "GUICHET_CARD_UPDATES_FILE"
_EXPIRY: Final = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])")

_log = structlog.get_logger("core.card_updates")


class AskedCard(NamedTuple):
    """A card that is asked about; `expiry` is YYMM."""

    id: bytes
    brand: int
    bin: str
    last_four: str
    expiry: str


class News(NamedTuple):
    """What a scheme says of a card: it goes on until `expiry` (YYMM), or its account was closed."""

    card_id: bytes
    says: Literal["renewed", "closed"]
    expiry: str | None = None


class Schemes(Protocol):
    """Whoever knows what became of cards."""

    async def news_of(self, cards: Sequence[AskedCard]) -> list[News]:
        """Return what there is to say of these cards; nothing of most."""
        ...


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    card: str
    says: Literal["renewed", "closed"]
    expiry: str | None = None  # YYMM


class SchemesByFile:
    """A file of lines of JSON: `{"card": "crd_…", "says": "renewed", "expiry": "3012"}`. What cannot be read is passed by."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = msgspec.json.Decoder(_Line).decode

    async def news_of(self, cards: Sequence[AskedCard]) -> list[News]:
        """Schemes."""
        asked = {card.id for card in cards}
        try:
            lines = (await asyncio.to_thread(self._content)).splitlines()
        except OSError as error:
            _log.warning("card_updates_unread", error=type(error).__name__)
            return []
        return [each for line in lines if (each := self._news_in(line)) is not None and each.card_id in asked]

    def _content(self) -> bytes:
        with self._path.open("rb") as file:
            return file.read(FILE_BYTES_MAX)

    def _news_in(self, line: bytes) -> News | None:
        if not line.strip():
            return None
        try:
            said = self._read(line)
            card_id = bytes(CardId.read(said.card))
        except (msgspec.DecodeError, UnicodeDecodeError, IdMalformed) as error:
            _log.warning("card_update_malformed", error=type(error).__name__)
            return None
        if said.says == "renewed" and _EXPIRY.fullmatch(said.expiry or "") is None:
            _log.warning("card_update_malformed", error="expiry")
            return None
        return News(card_id, said.says, said.expiry)


def schemes_of(environment: Mapping[str, str]) -> Schemes | None:
    """Return whom this process asks; None where nobody is configured."""
    path = environment.get(FILE_SETTING, "")
    return SchemesByFile(Path(path)) if path else None
