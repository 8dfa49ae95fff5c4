"""The journal of mail: look, and send again."""

from datetime import timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts.ids import all_kinds
from core.contracts.listing import Written
from core.contracts.notifications import ListMail, MailDetail, MailPage, MailView, OneMail, ResendMail
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import Permission, Scope, SignedIn, WriteOnce, record_action
from core.notifications.brands.store import face_of
from core.notifications.errors import MailNotResendable, MailStillWaiting
from core.notifications.mail import store
from core.notifications.mail.queue import Queued, queue_mails
from core.notifications.mail.rules import HIDDEN, masked, render, without_secrets
from core.notifications.mail.store import MailFilter, StoredMail
from core.notifications.mail.wording import all_templates, layout
from core.values.clock import Clock
from core.values.cursors import id_in, page_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

UNTRIED_AFTER: Final = timedelta(minutes=2)


class MailHandlers:
    """Operations on the journal."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def list(self, caller: SignedIn, request: ListMail) -> MailPage:
        """Return mails, newest first, and whether anything seems not to leave. Raises: CursorMalformed."""
        scope = caller.scope_of(Permission.MAIL_READ)
        narrowed = MailFilter(request.state, request.template, like_pattern(request.query), request.about)
        before = id_in("mail", request.cursor)
        async with self._pool.acquire() as connection:
            found = await store.list_mail(connection, scope, narrowed, before=before, limit=request.limit + 1)
            # The whole queue is told to whoever sees the whole institution.
            waiting, untried_since = await store.waiting(connection) if scope.is_everything else (0, None)
        if untried_since is not None and self._clock.now() - untried_since < UNTRIED_AFTER:
            untried_since = None
        page, cursor = page_of([_view_of(mail) for mail in found], request.limit, lambda last: (last.id,))
        return MailPage(
            data=page,
            next_cursor=cursor,
            waiting=waiting,
            untried_since=timestamp_or_none(untried_since),
            templates=sorted(all_templates()),
        )

    async def one(self, caller: SignedIn, request: OneMail) -> MailDetail:
        """Return a mail with its words; a one-time link is hidden. Raises: NotFound."""
        scope = caller.scope_of(Permission.MAIL_READ)
        async with self._pool.acquire() as connection:
            mail = await self._find(connection, scope, request.id)
            face = await face_of(connection, mail.account_id, mail.locale, otherwise_url="")
        template = all_templates().get(mail.template)
        if template is None:  # Written by a version that had it.
            return MailDetail(_view_of(mail), mail.template, "")
        facts = dict.fromkeys(template.facts, HIDDEN) | without_secrets(template, mail.facts)
        words = render(template, layout(), locale=mail.locale, facts=facts, face=face)
        return MailDetail(_view_of(mail), words.subject, words.text)

    async def resend(self, caller: SignedIn, request: ResendMail) -> Written:
        """Send a mail once more: a failed one starts over, a sent one is queued anew.

        Raises: NotFound, MailStillWaiting, MailNotResendable, KeyReused.
        """
        scope = caller.scope_of(Permission.MAIL_READ)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            mail = await self._find(connection, scope, request.id)
            facts = {"template": mail.template, "recipient": masked(mail.recipient)}
            state = await store.lock_state(connection, request.id)
            if state == "waiting":
                raise MailStillWaiting
            if state == "failed":
                await store.retry(connection, request.id, now)
            else:
                if not _is_whole(mail):
                    raise MailNotResendable
                again = Queued(
                    template=mail.template,
                    to=mail.recipient,
                    locale=mail.locale,
                    facts=mail.facts,
                    about_kind=mail.about_kind,
                    about_id=mail.about_id,
                    once_key=f"resent:{encode_id('mail', mail.id)}:{new_id(self._clock).hex()}",
                )
                (sent,) = await queue_mails(connection, [again])
                # Which mail was the other one is known as long as the audit, however old the first one was.
                facts["sent_mail"] = encode_id("mail", sent)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="mail.resent",
                target_kind="mail",
                target_id=request.id,
                facts=facts,
            )
            return msgspec.json.encode(_view_of(await self._find(connection, scope, request.id)))

        return await self._write(caller, request, effect)

    async def _find(self, connection: Connection, scope: Scope, mail_id: bytes) -> StoredMail:
        found = await store.list_mail(connection, scope, MailFilter(), mail_id=mail_id)
        if not found:
            raise NotFound
        return found[0]


def _is_whole(mail: StoredMail) -> bool:
    template = all_templates().get(mail.template)
    return template is not None and set(template.facts) == set(mail.facts)


def _view_of(mail: StoredMail) -> MailView:
    about_id = None
    if mail.about_id is not None and mail.about_kind in all_kinds():
        about_id = encode_id(mail.about_kind, mail.about_id)
    return MailView(
        id=encode_id("mail", mail.id),
        template=mail.template,
        recipient=masked(mail.recipient),
        locale=mail.locale,
        state=mail.state,
        tries=mail.tries,
        about_kind=mail.about_kind,
        about_id=about_id,
        created_at=timestamp(mail.created_at),
        due_at=timestamp(mail.due_at) if mail.state == "waiting" else None,
        sent_at=timestamp_or_none(mail.sent_at),
        error=mail.last_error,
        resendable=mail.state == "failed" or (mail.state == "sent" and _is_whole(mail)),
    )
