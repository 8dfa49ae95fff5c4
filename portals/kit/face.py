"""What differs between the faces of the institution: the agents' desk, the customers' space.

The kit serves any of them. A face is a package beside the kit with its pages, its templates and its style sheet, and one
`Face` that says the rest.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from portals.kit.navigation import Pages
from portals.kit.session import Session


class Face(NamedTuple):
    """One face, as the kit needs to know it."""

    name: str
    """In the names of its cookies, apart from those of another face on the same host."""

    templates: Path
    """The folder of its templates, before those of the kit."""

    frame: str
    """The template around each page of somebody who is logged in."""

    style: str
    """Its style sheet."""

    script: str
    """Its script."""

    session: type[Session]
    """What its session cookie holds."""

    pages: Pages
    """Its pages, and who is led there."""

    login: str = "/login"
    """Where somebody without a session is sent."""

    enrolment: str = "/security"
    """Where somebody who may only add a second factor is sent."""

    unkept: tuple[str, ...] = ("/login", "/logout", "/preferences")
    """What begins addresses whose forms hold passwords, or nothing that could be missed."""

    takes_files: re.Pattern[str] = re.compile(r"(?!)")
    """The addresses whose forms bring a file."""
