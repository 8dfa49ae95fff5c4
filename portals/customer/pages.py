"""The space's pages, in one list. A new page is one entry here and a folder of its key with `page.py`.

What a page alone says is `words.toml` beside it; what several say of the space and the way in is that of `home`, what agents
are told as well is of the kit.
"""

from __future__ import annotations

from typing import Final

from portals.kit.navigation import ELSEWHERE, MAIN, Page, Pages

PAGES: Final = Pages(
    {
        MAIN: (
            Page("home", "/"),
            Page("profile", "/profile"),
            Page("security", "/security"),
            Page("contact", "/contact", records={"conversation": "cnv:conversations"}),
        ),
        ELSEWHERE: (
            Page("schedules", "/schedules", records={"order": "ord"}),
            Page("card_changes", "/card-changes", records={"card_change": "cch"}),
            Page("login", "/login"),
            Page("first_connection", "/first-connection"),
            Page("forgotten_password", "/forgotten-password"),
            Page("link", "/link"),
            Page("emails", "/emails"),
        ),
    }
)
