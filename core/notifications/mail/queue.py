"""Mail enters the queue with the change that it tells of."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_or_none
from core.notifications.mail.rules import digest_of
from core.notifications.mail.wording import template_for

_SQL = load_beside(__file__)


class Queued(NamedTuple):
    """A mail to be written; `queue_mail` says what the parts are."""

    template: str
    to: str
    locale: str
    facts: Mapping[str, str]
    about_kind: str = ""
    about_id: bytes | None = None
    once_key: str = ""

    @property
    def digest(self) -> bytes:
        """What makes it this mail and no other."""
        return digest_of(
            template=self.template,
            to=self.to,
            locale=self.locale,
            facts=dict(self.facts),
            about_kind=self.about_kind,
            about_id=self.about_id,
            once_key=self.once_key,
        )


async def queue_mails(connection: Connection, mails: Sequence[Queued]) -> list[bytes]:
    """Write many mails in one statement, as `queue_mail` does one; return their identifiers, in their order.

    Raises: TemplateUnknown.
    """
    if not mails:
        return []
    for each in mails:
        template_for(each.template, dict(each.facts))
    digests = [each.digest for each in mails]
    rows = await connection.fetch(
        _SQL.queue_mails,
        digests,
        [each.template for each in mails],
        [each.to for each in mails],
        [each.locale for each in mails],
        [msgspec.json.encode(each.facts).decode() for each in mails],
        [each.about_kind for each in mails],
        [uuid_or_none(each.about_id) for each in mails],
    )
    ids: dict[bytes, bytes] = {row["once"]: row["id"].bytes for row in rows}
    return [ids[each] for each in digests]


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
