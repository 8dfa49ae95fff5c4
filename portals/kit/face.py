"""What differs between the faces of the institution: the agents' desk, the customers' space.

The kit serves any of them. A face is a package beside the kit with its pages, its templates and its style sheet, and one
`Face` that says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from portals.kit.gateway import Json
from portals.kit.navigation import Pages
from portals.kit.session import Session


async def _nothing(_visit: Any) -> Json:
    return {}


class Ways(NamedTuple):
    """Where the gateway lets people of a face in, and what the browser keeps of it."""

    sessions: str
    """Where a log in is asked for; its second step stands below."""

    session: str
    """Where it is seen whether a session still stands."""

    log_out: str
    """Where it is ended."""

    own: str
    """Below which somebody finds and changes their own access."""

    session_of: Callable[[Json], Session]
    """What the cookie holds of a session that the gateway opened."""

    needs_factor: bool = True
    """Whether one second factor at least stays."""

    always_known: bool = True
    """Whether a browser is known again without asking for it: else where somebody wished to be remembered."""

    login_facts: Callable[[Any], Awaitable[Json]] = _nothing
    """What else the log in page shows."""

    renew: Callable[[Any], Awaitable[object]] = _nothing
    """What follows a factor that was added."""


class Face(NamedTuple):
    """One face, as the kit needs to know it."""

    name: str
    """In the names of its cookies, apart from those of another face on the same host."""

    process: str
    """What the process is called in logs and metrics."""

    templates: Path
    """The folder of its templates, before those of the kit."""

    frame: str
    """The template around each page of somebody who is logged in."""

    style: str
    """Its style sheet."""

    script: str
    """Its script."""

    swaps: bool
    """Whether its pages have parts that a script (htmx) puts in the place of others."""

    session: type[Session]
    """What its session cookie holds."""

    pages: Pages
    """Its pages, and who is led there."""

    ways: Ways
    """How its people get in."""

    login: str = "/login"
    """Where somebody without a session is sent."""

    enrolment: str = "/security"
    """Where somebody who may only add a second factor is sent."""

    unkept: tuple[str, ...] = ("/login", "/logout", "/preferences")
    """What begins addresses whose forms hold passwords, or nothing that could be missed."""

    takes_files: re.Pattern[str] = re.compile(r"(?!)")
    """The addresses whose forms bring a file."""
