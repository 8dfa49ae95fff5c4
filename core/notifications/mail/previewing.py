"""A mail in words, without being written or sent."""

from datetime import datetime

from core.db.rows import Connection
from core.notifications.brands.store import face_of
from core.notifications.mail.model import Rendered
from core.notifications.mail.rules import absolute, render
from core.notifications.mail.wording import layout, template_for
from core.runtime.manifest import ContactLines


async def render_mail(
    connection: Connection,
    name: str,
    facts: dict[str, str],
    *,
    locale: str,
    own_url: str,
    contact_lines: ContactLines | None,
    now: datetime,
) -> Rendered:
    """Return how a mail of the institution to customers would read at a moment. Raises: TemplateUnknown."""
    template = template_for(name, facts)
    face = await face_of(connection, None, locale, otherwise_url=own_url)
    ways = (
        []
        if contact_lines is None
        else await contact_lines(connection, now, locale, about_debt=template.about_debt)
    )
    return render(
        template, layout(), locale=locale, facts=facts | absolute(facts, own_url), face=face, ways=ways
    )
