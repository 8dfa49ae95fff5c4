"""What many operations share: pages of lists, words to look for, why something is done, revisions, empty bodies."""

from typing import Annotated, Final

import msgspec


class Nothing(msgspec.Struct):
    """An empty body."""


class Written(msgspec.Struct):
    """What a write made: `body` is the JSON to send, equal at every repeat under one key."""

    body: bytes
    replayed: bool = False


PAGE_ROWS_MAX: Final = 200

Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_ROWS_MAX, description="How many rows at most")]
Closed = Annotated[
    list[str],
    msgspec.Meta(description="Records that it mentions and the caller may not open, or that are gone"),
]
Cursor = Annotated[str, msgspec.Meta(max_length=400, description="`next_cursor` of the page before")]
Words = Annotated[str, msgspec.Meta(max_length=100, description="Words to look for")]
Revision = Annotated[int, msgspec.Meta(ge=0, description="`revision` as it was read")]
# Three characters that say something: blanks would leave the record without a why.
Why = Annotated[str, msgspec.Meta(min_length=3, max_length=500, pattern=r"(?:\S\s*){3}")]
Remark = Annotated[str, msgspec.Meta(max_length=500)]


class Paged(msgspec.Struct, kw_only=True):
    """A page of a list: at most so many rows, after those of the page before."""

    limit: Limit = 50
    cursor: Cursor | None = None
