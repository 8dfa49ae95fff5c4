"""A page links only to what its reader may open: whatever another record is called stays, the link to it goes."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from typing import Final

from portals.kit.navigation import Pages

# Templates escape what they are given, so that no text holds "<" and no attribute ">"; links hold no links.
_LINK: Final = re.compile(r'<a\s((?:[^>]*\s)?href="(/(?!/)[^"]*)"[^>]*)>(.*?)</a>', re.DOTALL)
_CLASS: Final = re.compile(r'(?:^|\s)class="([^"]*)"')


def without_closed_links(page: str, pages: Pages, permissions: Collection[str]) -> str:
    """Return a page in which what the reader may not open is plain text; a button to it is not offered at all."""

    def told(link: re.Match[str]) -> str:
        if pages.may_open(permissions, html.unescape(link[2])):
            return link[0]
        named = _CLASS.search(link[1])
        if named is None:
            return link[3]
        return "" if "button" in named[1].split() else f'<span class="{named[1]}">{link[3]}</span>'

    return _LINK.sub(told, page)
