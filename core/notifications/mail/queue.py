"""Mail enters the queue with the change that it tells of."""

import msgspec

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_or_none
from core.notifications.mail.rules import digest_of
from core.notifications.mail.wording import template_for

_SQL = load_beside(__file__)


async def queue_mail(
    connection: Connection,
    *,
    template: str,
    to: str,
    locale: str,
    facts: dict[str, str],
    about_kind: str = "",
    about_id: bytes | None = None,
    once_key: str = "",
) -> None:
    """Write a mail in the caller's transaction: it leaves after the commit, and only then.

    The same words to the same person about the same thing leave once; `once_key` tells two wanted ones apart.
    Raises: TemplateUnknown, when the template does not exist or `facts` are not exactly those that it names.
    """
    template_for(template, facts)
    digest = digest_of(
        template=template,
        to=to,
        locale=locale,
        facts=facts,
        about_kind=about_kind,
        about_id=about_id,
        once_key=once_key,
    )
    await connection.execute(
        _SQL.queue_mail,
        digest,
        template,
        to,
        locale,
        msgspec.json.encode(facts).decode(),
        about_kind,
        uuid_or_none(about_id),
    )
