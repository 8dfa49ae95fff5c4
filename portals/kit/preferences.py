"""Choices kept in the browser: theme, language, row height."""

from __future__ import annotations

from litestar import Response, post

from portals.kit.entrance import OPEN
from portals.kit.i18n import LOCALES
from portals.kit.visit import ROW_HEIGHTS, THEMES, Visit

_ALLOWED = {"theme": THEMES, "rows": ROW_HEIGHTS, "language": LOCALES}


@post("/preferences", status_code=200, opt=OPEN)
async def keep(visit: Visit) -> Response[bytes]:
    """Keep what was chosen and go back to the page it was chosen on."""
    form = await visit.form()
    for name, allowed in _ALLOWED.items():
        if form[name] in allowed:
            visit.keep_preference(name, form[name])
    back = form["return"] or "/"
    # The login page is refused as a return address everywhere else, but a language is chosen on it.
    login = visit.kit.face.login
    if back == login or back.startswith(f"{login}?next=/"):
        return visit.go_raw(back)
    return visit.go(back)


HANDLERS = (keep,)
