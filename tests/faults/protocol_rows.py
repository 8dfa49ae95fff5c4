"""The rows of the matrix that speak badly: out of order, unreadable, too long, too slow. Nothing is killed here."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable
from datetime import UTC, datetime

import msgspec

from core.contracts.payment import AUTHORISE, Authorise
from core.contracts.states import State
from core.contracts.subjects import LIVE, core_inbox
from core.transactions.jobs.projection import ACK_WAIT_S
from core.values.ids import uuid7
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import card_named
from deploy.sandbox.simulators.journal import ANSWERED, REVERSAL_ACKNOWLEDGED, Journal, JournalEntry
from deploy.sandbox.simulators.requests import Moment
from deploy.sandbox.simulators.stans import StanFile, Stans
from deploy.sandbox.simulators.terminal import Exchange, Terminal
from edge.dialects import DIALECTS
from edge.protocol.framing import frame
from edge.protocol.limits import READ_DEADLINE_S
from tests.faults.rig import Load, Outcome, Rig, until
from tests.faults.rows import under_load

CLOSED_S_MAX = 5.0
MEMORY_GROWTH_MIB_MAX = 24.0
_CODEC = DIALECTS["ascii1987"]


async def reversals_first(rig: Rig) -> Outcome:
    """Row 18: the reversal overtakes its authorisation, which is then refused."""
    codes: list[tuple[str, str]] = []

    async def inject(_load: Load) -> None:
        journal = Journal(rig.journal)
        try:
            codes.extend([await _reverse_first(rig, number, journal) for number in range(1, 9)])
        finally:
            journal.close()

    outcome = await under_load(rig, "18", "reversal before its authorisation", "8 terminals", inject)
    outcome.facts["codes"] = codes
    return outcome


async def _reverse_first(rig: Rig, number: int, journal: Journal) -> tuple[str, str]:
    identity = rig.identity(number)
    terminal = Terminal(
        identity,
        host="127.0.0.1",
        port=rig.stack.port("edge"),
        stans=Stans(identity.terminal, file=StanFile(rig.stan_file)),
    )
    await terminal.connect()
    try:
        await terminal.sign_on()
        payment = terminal.make_payment(
            "0200", requests.PURCHASE, card_named("approve-cb").pan, 1_000 + number
        )
        reversal = await terminal.exchange(terminal.make_reversal(payment), timeout_s=10.0)
        journal.tell(_entry(REVERSAL_ACKNOWLEDGED, payment, reversal))
        answer = await terminal.exchange(payment, timeout_s=10.0)
        journal.tell(_entry(ANSWERED, payment, answer))
    finally:
        await terminal.close()
    return reversal.code, answer.code


def _entry(outcome: str, about: dict, done: Exchange) -> JournalEntry:
    return JournalEntry(
        outcome=outcome,
        at_us=time.time_ns() // 1000,
        terminal=str(about[41]),
        day=done.day,
        message_class=str(about[0])[:2],
        stan=str(about[11]),
        amount_minor=int(about[4]),
        code=done.code,
        rrn=done.rrn,
        approval_code=done.approval_code,
        approved_minor=done.approved_minor if outcome == ANSWERED else 0,
    )


async def poison(rig: Rig) -> Outcome:
    """Row 19: messages that cannot be read, and one that PostgreSQL refuses, among those of the load.

    Kept at least: the unreadable batch, the refused item, and the batch of events.
    """
    counted: dict[str, int] = {}

    async def inject(load: Load) -> None:
        before = await _dead_letters(rig)
        async with rig.bus("edge") as edge, rig.bus("core") as core:
            refused = await _unstorable(core)
            for subject in (AUTHORISE.subject, core_inbox("engine"), core_inbox("worker", "worker")):
                await edge.publish(subject, b"\xc1 not msgpack")
            await edge.publish(AUTHORISE.subject, refused, reply="edge.nobody.authorised")
            await core.publish(LIVE, b"\xc1 not a batch")
            await edge.flush()
            await core.flush()
        approved = load.approved

        async def kept_and_flowing() -> bool:
            return await _dead_letters(rig) >= before + 3 and load.approved > approved

        # A message handed to a consumer that was killed just before comes again after its acknowledgement is overdue.
        await until(kept_and_flowing, timeout_s=ACK_WAIT_S + 15.0)
        counted.update(before=before, after=await _dead_letters(rig))

    outcome = await under_load(rig, "19", "poison message", "unreadable, and refused by SQL", inject)
    outcome.facts["dead_letters"] = counted
    return outcome


async def _dead_letters(rig: Rig) -> int:
    return await rig.fetch("SELECT count(*) FROM dead_letter")


async def _unstorable(core: object) -> bytes:
    """Return a real authorisation whose copy has a text that PostgreSQL cannot keep."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(message: object) -> None:
        payload: bytes = message.data  # type: ignore[attr-defined]
        with contextlib.suppress(msgspec.DecodeError):
            if msgspec.msgpack.decode(payload, type=list[Authorise]) and not heard.done():
                heard.set_result(payload)

    subscription = await core.subscribe(AUTHORISE.subject, cb=listen)  # type: ignore[attr-defined]
    try:
        payload = await asyncio.wait_for(heard, 10.0)
    finally:
        await subscription.unsubscribe()
    item = msgspec.msgpack.decode(payload, type=list[Authorise])[0]
    identifier = uuid7(unix_ms=time.time_ns() // 1_000_000, sequence=0, randomness=random.getrandbits(62))
    copy = msgspec.structs.replace(
        item, id=identifier, stan=999_999, entry_mode="\x00", received_at_us=time.time_ns() // 1000
    )
    return msgspec.msgpack.encode([copy])


async def fuzz(rig: Rig, *, frames: int) -> Outcome:
    """Row 20: frames of noise and of damaged messages; edge lives, writes nothing and does not grow."""
    chance = random.Random(8583)
    sample = _sample(rig)
    await _settled(rig)
    edge = rig.stack.pid("edge")
    rows = await rig.fetch("SELECT count(*) FROM attempt")
    await _throw(rig, [_damaged(sample, chance) for _ in range(frames // 10)])
    memory = rig.stack.memory_pss_mib()["edge"]
    await _throw(rig, [_damaged(sample, chance) for _ in range(frames)])
    grown = rig.stack.memory_pss_mib()["edge"] - memory

    async def inject(_load: Load) -> None:
        await _throw(rig, [_damaged(sample, chance) for _ in range(frames // 10)])

    written = await rig.fetch("SELECT count(*) FROM attempt") - rows
    outcome = await under_load(rig, "20", "malformed ISO 8583 (fuzz)", f"{frames} frames", inject)
    outcome.facts.update(crashed=rig.stack.pid("edge") != edge, written=written, grown_mib=round(grown, 1))
    return outcome


def _sample(rig: Rig) -> bytes:
    at = Moment("1122050200", "1122", "060200", "2026-11-22")
    message = requests.payment(
        rig.identity(9), mti="0200", processing_code=requests.PURCHASE, pan=card_named("approve-cb").pan,
        amount_minor=1_250, stan="000001", at=at,
    )  # fmt: skip
    return _CODEC.encode(message)


def _damaged(sample: bytes, chance: random.Random) -> bytes:
    """Return noise, a message cut short, or one with a few bytes changed; the frame around it is sound."""
    match chance.randrange(3):
        case 0:
            body = chance.randbytes(chance.randrange(1, 400))
        case 1:
            body = sample[: chance.randrange(1, len(sample))]
        case _:
            changed = bytearray(sample)
            for _ in range(chance.randrange(1, 6)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            body = bytes(changed)
    return frame(body)


async def _throw(rig: Rig, frames: list[bytes]) -> None:
    """Send each few frames on a connection of their own, and read whatever comes back."""
    for start in range(0, len(frames), 5):
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.stack.port("edge"))
        try:
            writer.write(b"".join(frames[start : start + 5]))
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(reader.read(4096), 0.02)
        finally:
            writer.close()


async def bad_lengths(rig: Rig) -> Outcome:
    """Row 21: a frame that announces nothing, and one that announces 65,535 bytes."""
    took: list[float] = []

    async def inject(_load: Load) -> None:
        announced = (b"\x00\x00", b"\xff\xff", b"\xff\xff" + bytes(1_000))
        took.extend([await _closed_after(rig, [each], timeout_s=CLOSED_S_MAX) for each in announced])

    outcome = await under_load(rig, "21", "frame length 0 and 65535", "closed at once", inject)
    outcome.facts["closed_after_s"] = [round(each, 2) for each in took]
    return outcome


async def slow_sockets(rig: Rig, *, bytes_every_s: float = 10.0) -> Outcome:
    """Row 22: half of a header, then silence; and one byte every ten seconds. Both hold a signed-on session."""
    took: list[float] = []

    async def inject(_load: Load) -> None:
        sample = frame(_sample(rig))
        patience = READ_DEADLINE_S + CLOSED_S_MAX
        waits: list[Awaitable[float]] = [
            _closed_after(rig, [sample[:1]], timeout_s=patience, signed_on=10),
            _closed_after(
                rig,
                [bytes([each]) for each in sample],
                every_s=bytes_every_s,
                timeout_s=patience,
                signed_on=11,
            ),
        ]
        took.extend(await asyncio.gather(*waits))

    outcome = await under_load(rig, "22", "half-open, one byte every ten seconds", "two sockets", inject)
    outcome.facts["closed_after_s"] = [round(each, 1) for each in took]
    return outcome


async def _closed_after(
    rig: Rig, pieces: list[bytes], *, timeout_s: float, every_s: float = 0.0, signed_on: int | None = None
) -> float:
    """Send the pieces, so far apart, and return how many seconds after the first one edge closed. Raises: TimeoutError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.stack.port("edge"))
    sending: asyncio.Task[None] | None = None

    async def send() -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(every_s)

    try:
        if signed_on is not None:
            await _sign_on(rig, signed_on, reader, writer)
        started = time.monotonic()
        sending = asyncio.create_task(send())
        async with asyncio.timeout(timeout_s):
            with contextlib.suppress(OSError):
                while await reader.read(4096):
                    pass
        return time.monotonic() - started
    finally:
        if sending is not None:
            sending.cancel()
        writer.close()


async def _sign_on(rig: Rig, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    identity = rig.identity(number)
    at = Moment.of(datetime.now(UTC))
    writer.write(frame(_CODEC.encode(requests.sign_on(identity, stan="000001", at=at))))
    header = await asyncio.wait_for(reader.readexactly(2), 5.0)
    answer = _CODEC.decode(await reader.readexactly(int.from_bytes(header, "big")))
    assert answer[39] == "00", answer[39]


async def _settled(rig: Rig) -> None:
    """Wait until no attempt is open, so that a count of rows stands still."""
    open_states = [int(State.SENT), int(State.UNKNOWN)]

    async def settled() -> bool:
        return not await rig.fetch("SELECT count(*) FROM attempt WHERE state = ANY ($1)", open_states)

    await until(settled, timeout_s=60.0)
