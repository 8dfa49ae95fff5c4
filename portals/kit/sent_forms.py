"""A form as a browser sent it, and how one that could not be taken stays with the browser: sealed, for half an hour."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

from portals.kit.kit import Kit

STATE: Final = "form"
"""Where the state of a request holds its `RequestForm`."""

NAME: Final = "form_name"
"""The hidden field that names a form among those of one page; without it, a form is named by the path it is sent to."""

LIFE_S: Final = 30 * 60
_PURPOSE: Final = "typed"
# Two cookies of this length stay within what servers take as one line of headers: some 12,000 characters of text.
_COOKIE_CHARACTERS: Final = 3_000
_COOKIES_MAX: Final = 2

_SECRET: Final = frozenset(
    {"password", "present", "new_password", "again", "code", "recovery_code", "secret", "passkey"}
)
# Made for each page, or never to be shown again.
_NOT_KEPT: Final = _SECRET | {"csrf", "page_of"}
_OF_THE_PAGE: Final = frozenset({"cursor", "group", "idempotency_key", NAME, "revision", "seen", "was"})
"""Hidden fields that a page puts in, which nobody typed."""
_PROSE: Final = frozenset({"reason", "note", "comment", "body"})
# A cookie carries it to the next page.
_PROSE_CHARACTERS_MAX: Final = 600


class SentForm(msgspec.Struct, array_like=True):
    """On which page it stood, of whom, what it is called there, and its fields in order; without files and secrets."""

    address: str
    agent: str
    name: str
    fields: list[tuple[str, str]]

    @property
    def words(self) -> list[str]:
        """What a person typed, without what the page itself put in."""
        return [value for name, value in self.fields if value.strip() and name not in _OF_THE_PAGE]

    @property
    def prose(self) -> str:
        """What a person wrote in whole words: the note, the reason, the comment."""
        written = [value.strip() for name, value in self.fields if name.rpartition("_")[2] in _PROSE]
        return " ".join(filter(None, written))[:_PROSE_CHARACTERS_MAX]


def sent_form(path: str, address: str, visitor: str, fields: list[tuple[str, str]]) -> SentForm:
    """Return the form that was sent to a path from the page at `address`."""
    told = dict(fields)
    typed = [(name, value) for name, value in fields if name not in _NOT_KEPT]
    return SentForm(address, told.get("page_of") or visitor, told.get(NAME) or path, typed)


class RequestForm:
    """The form that a request brings: sent with it, or kept by the browser from an earlier one."""

    def __init__(self, kit: Kit, form: SentForm, *, kept: bool = False) -> None:
        self._kit = kit
        self.form = form
        self.kept = kept
        self.shown = False  # the page holds what was typed
        self.is_ours = True
        """Whether a page of ours sent it: another site must not have its words shown as the agent's own."""

    @cached_property
    def sealed(self) -> list[str]:
        """The values of the cookies that hold it; none for more than a browser takes, and for what is not ours."""
        if not self.is_ours:
            return []
        sealed = self._kit.sealer.seal(_PURPOSE, zlib.compress(msgspec.json.encode(self.form), 9))
        text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        parts = [text[at : at + _COOKIE_CHARACTERS] for at in range(0, len(text), _COOKIE_CHARACTERS)]
        return parts if len(parts) <= _COOKIES_MAX else []


def kept_form(kit: Kit, cookies: Mapping[str, Any]) -> SentForm | None:
    """Return the form that the browser keeps, None for nothing that we gave it."""
    text = "".join(cookies.get(name, "") for name in cookie_names(kit))
    try:
        content = kit.sealer.unseal(_PURPOSE, base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return None if content is None else msgspec.json.decode(zlib.decompress(content), type=SentForm)
    except (binascii.Error, ValueError, zlib.error, msgspec.MsgspecError):
        return None


def cookie_names(kit: Kit) -> list[str]:
    """Return the names of the cookies that hold a form."""
    return [kit.cookie(f"typed{number}") for number in range(_COOKIES_MAX)]
