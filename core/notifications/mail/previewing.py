"""A mail in words, without being written or sent."""

from core.db.rows import Connection
from core.notifications.brands.store import face_of
from core.notifications.mail.model import Rendered
from core.notifications.mail.rules import absolute, render
from core.notifications.mail.wording import layout, template_for


async def render_mail(
    connection: Connection, name: str, facts: dict[str, str], *, locale: str, own_url: str
) -> Rendered:
    """Return how a mail of the institution would read. Raises: TemplateUnknown."""
    template = template_for(name, facts)
    face = await face_of(connection, None, locale, otherwise_url=own_url)
    return render(template, layout(), locale=locale, facts=facts | absolute(facts, own_url), face=face)
