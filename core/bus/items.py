"""Reading messages that carry a list of items: what cannot be read of one spoils that one alone."""

from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

Item = TypeVar("Item")

KEPT_BYTES_MAX: Final = 64 * 1024
"""Of what cannot be read so much is kept for a person."""

_ID_BYTES: Final = 16
_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.msgpack.Encoder().encode


class Unread(NamedTuple):
    """An item that no reader of its shape takes. `id` is empty where it holds none."""

    id: bytes
    raw: bytes
    error: str


class ItemsReader(Generic[Item]):
    """Decodes a whole list at once, and looks at its items one by one only when that fails.

    `fits` judges what no bound of a field says, for a whole list too.
    `withheld` is the place of a field that is never stored: it is empty in what is kept.
    """

    def __init__(
        self, shape: type[Item], *, fits: Callable[[list[Item]], bool], withheld: int | None = None
    ) -> None:
        self._fits = fits
        self._whole = msgspec.msgpack.Decoder(list[shape]).decode
        self._one = msgspec.msgpack.Decoder(shape).decode
        self._withheld = withheld

    def read(self, payload: bytes) -> tuple[list[Item], list[Unread]]:
        """Return what can be read, and the rest with why. Never raises."""
        try:
            items = self._whole(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._one_by_one(payload)
        return (items, []) if self._fits(items) else self._one_by_one(payload)

    def _one_by_one(self, payload: bytes) -> tuple[list[Item], list[Unread]]:
        items: list[Item] = []
        unread: list[Unread] = []
        try:
            parts = _split(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return [], [Unread(b"", b"", f"no list of {len(payload)} bytes: {type(error).__name__}")]
        for part in parts:
            try:
                item = self._one(part)
                if not self._fits([item]):
                    raise msgspec.ValidationError("texts")
                items.append(item)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                unread.append(unread_of(bytes(part), error, withheld=self._withheld))
        return items, unread


def unread_of(raw: bytes, error: Exception, *, withheld: int | None = None) -> Unread:
    """Return what can be said of an item of positional fields that cannot be read: its id is the first of them."""
    try:
        fields: list[Any] = _split(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unread(b"", b"", str(error))
    if withheld is not None and len(fields) > withheld:
        fields[withheld] = b""
        raw = _encode(fields)
    try:
        item_id = msgspec.msgpack.decode(fields[0], type=bytes) if fields else b""
    except (msgspec.DecodeError, UnicodeDecodeError):
        item_id = b""
    return Unread(item_id if len(item_id) == _ID_BYTES else b"", raw[:KEPT_BYTES_MAX], str(error))
