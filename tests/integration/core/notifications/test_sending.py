"""Mail leaves after the commit, once, with its words; what cannot leave says why and waits longer each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP

from core.db.pool import open_pool
from core.notifications.api import queue_mail
from core.notifications.mail import sending
from core.notifications.mail.rules import TRIES_MAX
from core.notifications.mail.sending import MailRound, Smtp, SmtpMalformed
from core.notifications.mail.store import LEASE
from core.slices import CONTACT_LINES
from deploy.local.ports import free_ports
from deploy.sandbox.mailbox import Mailbox
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

FACTS = {"name": "Inès", "link": "/invitation/one-time"}


SLOW_S = 0.2


def present_clock() -> FixedClock:
    """Return a clock a little ahead of the database's, so that what was just queued is due."""
    return FixedClock(datetime.now(UTC) + timedelta(seconds=5))


async def answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a server that takes every mail, and a while for each answer."""
    writer.write(b"220 slow.example\r\n")
    in_data = False
    while line := await reader.readline():
        if in_data and line != b".\r\n":
            continue
        in_data = line.upper().startswith(b"DATA")
        await asyncio.sleep(SLOW_S)
        writer.write(b"354 go on\r\n" if in_data else b"250 fine\r\n")


class Refusing:
    """A server that will never take this recipient."""

    async def handle_RCPT(self, *asked: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls.
        return f"550 5.1.1 <{asked[3]}> no such mailbox"


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn, name="test")
    yield opened
    await opened.close()


@asynccontextmanager
async def listening(handler: object) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="localhost", loop=loop), "127.0.0.1", 0
    )
    yield server.sockets[0].getsockname()[1]
    server.close()


def round_to(pool: asyncpg.Pool, clock: FixedClock, port: int) -> MailRound:
    smtp = Smtp.parse(f"127.0.0.1:{port}", sender="no-reply@guichet.example")
    return MailRound(pool, clock, smtp, portal_url="http://desk.example", space_url="http://space.example")


async def queue(pool: asyncpg.Pool, **changed: Any) -> None:
    await queue_mail(
        pool,
        **{
            "template": "agent_invitation",
            "to": "ines@guichet.example",
            "locale": "fr",
            "facts": FACTS,
            **changed,
        },
    )


async def test_a_mail_leaves_once_whatever_is_repeated(pool: asyncpg.Pool, tmp_path: Path) -> None:
    clock = present_clock()
    async with listening(Mailbox(tmp_path)) as port:
        mail = round_to(pool, clock, port)
        await queue(pool)
        await queue(pool)
        assert [await mail.round(), await mail.round()] == [1, 0]
        await queue(pool)
        assert await mail.round() == 0
    (file,) = tmp_path.glob("*.eml")
    text = file.read_bytes().decode()
    assert "Message-ID: <mai_" in text
    assert "http://desk.example/invitation/one-time" in text.replace("=\r\n", "").replace("=\n", "")
    row = await pool.fetchrow("SELECT state, facts::text AS facts FROM mail")
    assert row is not None
    assert (row["state"], "one-time" in row["facts"]) == ("sent", False)


async def test_a_mail_to_customers_says_how_we_are_reached_and_when(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    clock = present_clock()
    facts = {name: name for name in ("greeting", "shop", "reference", "number", "amount", "day")}
    async with listening(Mailbox(tmp_path)) as port:
        smtp = Smtp.parse(f"127.0.0.1:{port}", sender="no-reply@guichet.example")
        mail = MailRound(
            pool,
            clock,
            smtp,
            portal_url="http://desk.example",
            space_url="http://space.example",
            contact_lines=CONTACT_LINES,
        )
        for template in ("unpaid_reminder", "agent_invitation"):
            given = facts | {"link": "/schedules"} if template == "unpaid_reminder" else FACTS
            await queue(pool, template=template, facts=given, to=f"{template}@client.example")
        assert await mail.round() == 2
    texts = {file.read_text(): file for file in tmp_path.glob("*.eml")}
    (to_customer,) = [
        message_from_string(text, policy=policy.default) for text in texts if "unpaid_reminder@" in text
    ]
    for part in ("plain", "html"):
        body = to_customer.get_body((part,))
        assert body is not None
        said = body.get_content()
        assert "+33 1 99 00 00 02" in said, "a debt is settled with who settles debts"
        assert "du lundi au vendredi de\u00a09\u00a0h à\u00a020\u00a0h" in said
        assert "https://wa.me/33639980001" in said
        assert "http://space.example" in said
    (to_agent,) = [text for text in texts if "agent_invitation@" in text]
    assert "wa.me" not in to_agent


async def test_two_workers_never_take_the_same_mail(pool: asyncpg.Pool, tmp_path: Path) -> None:
    clock = present_clock()
    for number in range(12):
        await queue(pool, facts={"name": f"Agent {number}", "link": "/x"})
    async with listening(Mailbox(tmp_path)) as port:
        counts = await asyncio.gather(*(round_to(pool, clock, port).round() for _ in range(3)))
    assert sum(counts) == 12
    assert len(list(tmp_path.glob("*.eml"))) == 12
    assert await pool.fetchval("SELECT max(tries) FROM mail") == 1


async def test_a_mail_of_a_change_that_was_undone_never_leaves(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        change = connection.transaction()
        await change.start()
        await queue_mail(connection, template="agent_invitation", to="a@b.example", locale="en", facts=FACTS)
        await change.rollback()
    assert await pool.fetchval("SELECT count(*) FROM mail") == 0


async def test_a_server_that_is_away_makes_mail_wait_longer_and_then_fail_in_sight(
    pool: asyncpg.Pool,
) -> None:
    clock = present_clock()
    (port,) = free_ports(1)
    mail = round_to(pool, clock, port)
    await queue(pool)
    waits: list[timedelta] = []
    for _ in range(TRIES_MAX):
        assert await mail.round() == 0
        row = await pool.fetchrow("SELECT state, due_at, last_error FROM mail")
        assert row is not None
        if row["state"] == "waiting":
            waits.append(row["due_at"] - clock.present)
            clock.present = row["due_at"]
    assert len(waits) == TRIES_MAX - 1
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert await pool.fetchval("SELECT state FROM mail") == "failed"
    assert "Connect" in await pool.fetchval("SELECT last_error FROM mail")


async def test_a_refused_recipient_fails_at_once(pool: asyncpg.Pool) -> None:
    async with listening(Refusing()) as port:
        await queue(pool)
        assert await round_to(pool, present_clock(), port).round() == 0
    row = await pool.fetchrow("SELECT state, tries, last_error FROM mail")
    assert row is not None
    assert (row["state"], row["tries"]) == ("failed", 1)
    assert "550" in row["last_error"]
    assert "ines@" not in row["last_error"]
    assert "i•••@guichet.example" in row["last_error"]


async def test_a_server_that_is_slow_at_each_answer_takes_no_longer_than_one_that_hangs(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than each answer, shorter than those that a mail needs: greeting, hello, sender, recipient, data, end.
    monkeypatch.setattr(sending, "TIMEOUT_S", 3 * SLOW_S)
    server = await asyncio.start_server(answer_slowly, "127.0.0.1", 0)
    await queue(pool)
    assert await round_to(pool, present_clock(), server.sockets[0].getsockname()[1]).round() == 0
    server.close()
    row = await pool.fetchrow("SELECT state, tries, last_error FROM mail")
    assert row is not None
    assert (row["state"], row["tries"]) == ("waiting", 1)
    assert row["last_error"].startswith("Timeout")


@pytest.mark.parametrize(
    "address", ["undisclosed:;@b.example", "a@[b.example", "=?utf-8?q?=0D=0A?=@b.example"]
)
async def test_a_mail_that_cannot_be_written_fails_alone(
    pool: asyncpg.Pool, tmp_path: Path, address: str
) -> None:
    await queue(pool, to=address)
    await queue(pool, to="behind@guichet.example")
    async with listening(Mailbox(tmp_path)) as port:
        assert await round_to(pool, present_clock(), port).round() == 1
    states = await pool.fetch("SELECT recipient, state FROM mail ORDER BY recipient = $1 DESC", address)
    assert [row["state"] for row in states] == ["failed", "sent"]


async def test_a_brand_of_two_lines_holds_no_mail_up(pool: asyncpg.Pool, tmp_path: Path) -> None:
    agent = await pool.fetchval(
        "INSERT INTO agent (email, name, role, password_hash) VALUES ('b@guichet.example', 'B', 'administrator', 'x')"
        " RETURNING id"
    )
    await pool.execute(
        "INSERT INTO brand (name, changed_by, changed_at) VALUES (E'Ondine\nBcc: x@evil.example', $1, now())",
        agent,
    )
    await queue(pool)
    async with listening(Mailbox(tmp_path)) as port:
        assert await round_to(pool, present_clock(), port).round() == 1
    (file,) = tmp_path.glob("*.eml")
    head, _, _ = file.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    assert b"\nBcc:" not in head
    assert b"Ondine Bcc: x@evil.example" in head


async def test_a_mail_after_a_crash_keeps_its_message_id(pool: asyncpg.Pool, tmp_path: Path) -> None:
    clock = present_clock()
    async with listening(Mailbox(tmp_path)) as port:
        await queue(pool)
        assert await round_to(pool, clock, port).round() == 1
        # As if the worker had died between the server's answer and the note of it.
        await pool.execute(
            "UPDATE mail SET state = 'waiting', sent_at = NULL, facts = $1::text::jsonb",
            '{"name": "Inès", "link": "/x"}',
        )
        # Its lease keeps it from everybody for a while, then it is anybody's.
        assert await round_to(pool, clock, port).round() == 0
        clock.present += LEASE
        assert await round_to(pool, clock, port).round() == 1
    assert len(list(tmp_path.glob("*.eml"))) == 1


@pytest.mark.parametrize("address", ["http://mail.example", "smtp://", "mail.example:many"])
def test_an_address_that_is_no_mail_server_is_refused(address: str) -> None:
    with pytest.raises(SmtpMalformed):
        Smtp.parse(address, sender="a@b.example")
