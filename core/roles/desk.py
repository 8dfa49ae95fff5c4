"""The desk: screens' queries and commands, sign-on, presence, the card frame. Away from the event loop of payments."""

import asyncio
import contextlib
import time
from datetime import timedelta
from typing import Any, Final, TypeAlias, assert_never

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusRefused, ItemsReader
from core.contracts import ids
from core.contracts.desk import DeskProblem, DeskReply, DeskRequest, FieldProblem, Principal
from core.contracts.notifications import HOME as SHOW_HOME
from core.contracts.operation import AGENTS, Reach
from core.contracts.operations import OPERATIONS
from core.contracts.payment import Presence, SignOn
from core.contracts.refusals import Denied, Overtaken, Refused
from core.contracts.subjects import DESK, DESK_QUEUE, PRESENCE, SIGN_ON, is_inbox_of
from core.db.passing import is_away, is_passing
from core.db.pool import open_pool
from core.identity.api import (
    Customer,
    CustomerHandlers,
    Denials,
    Integrator,
    SessionHandlers,
    SignedIn,
    find_last_change,
    forget_old,
    require,
    require_everywhere,
)
from core.merchants.api import IntegratorHandlers
from core.notifications.api import queue_mail
from core.roles.context import RoleContext
from core.roles.shown_cards import without_card_numbers
from core.runtime.calendar import calendar_of
from core.runtime.home import Home
from core.runtime.jobs import Job, Jobs
from core.runtime.manifest import HeardFrame, Parts, Served, serves
from core.slices import CONTACT_LINES, EXPECTED_BY, FOLLOW_JOINS, HOME, NAMES, SLICES
from core.terminals.api import TerminalHandlers
from core.transactions.approvals.handlers import ApprovalHandlers
from core.values.cursors import CursorMalformed
from observability.metrics import DESK_PROBLEMS, DESK_SECONDS
from observability.process import SettingRefused

RUNNING_MAX: Final = 128
PRESENCES_WAITING_MAX: Final = 64
STOP_TIMEOUT_S: Final = 5.0
RETRY_AFTER_S: Final = 2
HOUSEKEEPING_EVERY_S: Final = 3_600.0
DENIALS_EVERY_S: Final = 15.0
TAKE_UP_EVERY_S: Final = 15.0
_KEYS_KEPT: Final = timedelta(days=7)
_FAILURES_KEPT: Final = timedelta(days=1)

Caller: TypeAlias = SignedIn | Integrator | Customer
"""Whoever asks, of the kinds that there are: an agent, a merchant's program, a customer."""

_log = structlog.get_logger("core.desk")


def problem_of(error: Exception) -> DeskProblem:
    """Return what somebody is told whose request ended with an error that nothing of ours had expected."""
    match error:
        case asyncpg.DataError() | OverflowError() | UnicodeEncodeError():
            # A text or a number that PostgreSQL cannot hold, such as a NUL character.
            return DeskProblem("invalid_request")
        case TimeoutError() | asyncpg.QueryCanceledError():
            return DeskProblem("query_too_slow", {"retry_after_s": RETRY_AFTER_S})
        case _ if is_passing(error):
            return DeskProblem("system_busy", {"retry_after_s": RETRY_AFTER_S})
        case _:
            return DeskProblem("internal_error")


class Desk:
    """The running role."""

    def __init__(self, pool: asyncpg.Pool, context: RoleContext) -> None:
        """Raises: SettingRefused."""
        self._pool = pool
        self._bus: Bus = context.bus
        self._clock = context.clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._presences = 0
        self._sessions = SessionHandlers(pool, context.clock)
        self._integrators = IntegratorHandlers(pool, context.clock)
        self._customers = CustomerHandlers(pool, context.clock)
        self._denials = Denials(pool, context.clock)
        self._terminals = TerminalHandlers(pool, context.clock)
        self._approvals = ApprovalHandlers(pool, context.clock, context.bus)
        calendar = calendar_of(pool, context.clock, context.environment)
        parts = Parts(
            pool,
            context.clock,
            context.bus,
            context.environment,
            queue_mail=queue_mail,
            calendar=calendar,
            names=NAMES,
            expected_by=EXPECTED_BY,
            follow_joins=FOLLOW_JOINS,
            contact_lines=CONTACT_LINES,
        )
        self._served = operations_of(parts)
        self._heard = {one.request.subject: one for each in SLICES for one in each.frame(parts)}
        self._decode_request = msgspec.msgpack.Decoder(DeskRequest).decode
        self._read_presences = ItemsReader(Presence, fits=lambda _present: True).read
        self._database_up = True
        self._subscriptions = [
            self._bus.subscribe(f"{DESK}.*", self._on_request, DESK_QUEUE),
            self._bus.subscribe(SIGN_ON, self._on_sign_on, DESK_QUEUE),
            self._bus.subscribe(PRESENCE, self._on_presence, DESK_QUEUE),
            *(self._bus.subscribe(subject, self._on_frame, DESK_QUEUE) for subject in self._heard),
        ]
        self._jobs = Jobs(
            [
                *calendar.jobs(),
                Job("forget_old_keys", HOUSEKEEPING_EVERY_S, self._forget_old),
                Job("denials", DENIALS_EVERY_S, self._denials.tell, starts_after_s=DENIALS_EVERY_S),
                # What was approved or wanted, and left by a crash: acts of people are the desk's alone to tell the engine.
                Job("approvals", TAKE_UP_EVERY_S, self._approvals.take_up, starts_after_s=TAKE_UP_EVERY_S),
                Job("acts", TAKE_UP_EVERY_S, self._approvals.take_up_acts, starts_after_s=TAKE_UP_EVERY_S),
            ]
        )

    def not_ready(self) -> list[str]:
        """RunningRole."""
        return [] if self._database_up else ["database"]

    async def stop(self) -> None:
        """RunningRole."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        await self._jobs.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_TIMEOUT_S)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._denials.tell(all_of_it=True)
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def _on_request(self, subject: str, reply: str, payload: bytes) -> None:
        if not is_inbox_of("gateway", reply):
            return
        if len(self._tasks) >= RUNNING_MAX:
            self._answer(reply, DeskReply(problem=DeskProblem("system_busy", {"retry_after_s": 1})))
            return
        self._start(self._serve(subject, reply, payload))

    def _on_sign_on(self, _subject: str, reply: str, payload: bytes) -> None:
        # Above the bound nothing is answered: the terminal's own deadline makes it try again.
        if is_inbox_of("edge", reply) and len(self._tasks) < RUNNING_MAX:
            self._start(self._sign_on(reply, payload))

    def _on_frame(self, subject: str, reply: str, payload: bytes) -> None:
        # Above the bound nothing is answered: the frame tells who typed a card to try again.
        if is_inbox_of("cards", reply) and len(self._tasks) < RUNNING_MAX:
            self._start(self._answer_frame(self._heard[subject], reply, payload))

    def _on_presence(self, _subject: str, _reply: str, payload: bytes) -> None:
        # Presence comes again every few seconds, so dropping some under load loses nothing.
        if self._presences < PRESENCES_WAITING_MAX:
            self._presences += 1
            self._start(self._presence(payload))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, subject: str, reply: str, payload: bytes) -> None:
        started = time.perf_counter_ns()
        name = subject.removeprefix(f"{DESK}.")
        trace_id = ""
        caller: Caller | None = None
        try:
            one = self._served.get(subject)
            if one is None:
                raise Refused("unknown_subject")
            try:
                request = self._decode_request(payload)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise RequestMalformed from error
            trace_id = request.trace_id
            body = _read(request.body, one.operation.asked)
            caller = await self._caller_of(one.operation.access.reach, request.principal)
            result = await self._carry_out(one, caller, body)
            self._database_up = True
            answer = DeskReply(result=without_card_numbers(msgspec.msgpack.encode(result)))
        except Refused as refusal:
            if isinstance(caller, SignedIn) and isinstance(refusal, Denied):
                await self._denials.note(caller, refusal, name)
            answer = DeskReply(problem=refusal.problem)
        except RequestMalformed:
            answer = DeskReply(problem=DeskProblem("request_malformed"))
        except CursorMalformed:
            answer = DeskReply(
                problem=DeskProblem("invalid_request", errors=[FieldProblem("cursor", "malformed")])
            )
        except Exception as error:
            problem = problem_of(error)
            self._database_up = self._database_up and not is_away(error)
            if problem.code == "internal_error":
                _log.exception("desk_failed", subject=name, trace_id=trace_id)
            else:
                _log.warning(
                    f"desk_{problem.code}", subject=name, error=type(error).__name__, trace_id=trace_id
                )
            answer = DeskReply(problem=problem)
        if answer.problem is not None:
            DESK_PROBLEMS.child(answer.problem.code).n += 1
        self._answer(reply, answer)
        known = name if subject in self._served else "unknown"
        DESK_SECONDS.child(known).observe((time.perf_counter_ns() - started) // 1000)

    async def _caller_of(self, reach: Reach, principal: Principal | None) -> Caller | None:
        """Return who asks, of the kind that may ask for an operation of this reach. Raises: Refused."""
        match reach:
            case Reach.NO_SESSION:
                return None
            case Reach.INTEGRATOR:
                return await self._integrators.check(principal)
            case Reach.CUSTOMER:
                return await self._customers.check(principal)
            case Reach.EVERYWHERE | Reach.SOMEWHERE | Reach.UNPLACED | Reach.BY_RECORD | Reach.ANYONE:
                return await self._sessions.check(principal)
        assert_never(reach)

    async def _carry_out(self, one: Served, caller: Caller | None, body: msgspec.Struct) -> Any:
        try:
            return await carry_out(one, caller, body)
        except Overtaken as refusal:
            target_id: bytes | None = refusal.target_id or getattr(body, "id", None)
            if target_id is not None:
                refusal.problem.facts["changed_by"] = await find_last_change(self._pool, target_id)
            raise

    def _answer(self, reply: str, answer: DeskReply) -> None:
        try:
            self._bus.publish(reply, msgspec.msgpack.encode(answer))
        except BusRefused as error:
            _log.warning("desk_answer_refused", limit=error.limit)
            with contextlib.suppress(BusRefused):
                self._bus.publish(
                    reply, msgspec.msgpack.encode(DeskReply(problem=DeskProblem("internal_error")))
                )

    async def _sign_on(self, reply: str, payload: bytes) -> None:
        try:
            request = msgspec.msgpack.decode(payload, type=SignOn)
            answer = await self._terminals.sign_on(request)
            self._bus.publish(reply, msgspec.msgpack.encode(answer))
        except (ValueError, OverflowError, BusRefused, OSError, TimeoutError, asyncpg.PostgresError) as error:
            _log.warning("sign_on_unanswered", error=type(error).__name__)

    async def _answer_frame(self, heard: HeardFrame, reply: str, payload: bytes) -> None:
        subject = heard.request.subject
        try:
            request = msgspec.msgpack.decode(payload, type=heard.request.asked)
            self._bus.publish(reply, msgspec.msgpack.encode(await heard.handle(request)))
        except (ValueError, OverflowError, BusRefused, OSError, TimeoutError, asyncpg.PostgresError) as error:
            _log.warning("frame_unanswered", subject=subject, error=type(error).__name__)
        except Exception:
            _log.exception("frame_failed", subject=subject)

    async def _presence(self, payload: bytes) -> None:
        try:
            present, unread = self._read_presences(payload)
            for each in unread:
                _log.warning("presence_malformed", trace_id=each.id.hex(), error=each.error[:200])
            if present:
                await self._terminals.presence(present)
        except (ValueError, OverflowError, OSError, TimeoutError, asyncpg.PostgresError) as error:
            _log.warning("presence_lost", error=type(error).__name__)
        finally:
            self._presences -= 1

    async def _forget_old(self) -> None:
        now = self._clock.now()
        await forget_old(self._pool, keys_before=now - _KEYS_KEPT, failures_before=now - _FAILURES_KEPT)


async def start(context: RoleContext) -> Desk:
    """Start serving. Raises: SettingRefused."""
    name = f"core-{context.settings.instance}"
    pool = await open_pool(context.settings.database_url, name=name, plan_each_time=True)
    try:
        return Desk(pool, context)
    except SettingRefused:
        pool.terminate()
        raise


class RequestMalformed(Exception):
    """What was asked cannot be read; what fails later is ours."""


def _read(body: msgspec.Raw, asked: type[msgspec.Struct]) -> msgspec.Struct:
    """Raises: RequestMalformed."""
    try:
        return ids.decode(body, asked)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestMalformed from error


def operations_of(parts: Parts) -> dict[str, Served]:
    """Return every operation with what carries it out, by subject.

    Raises: ValueError, when one is not carried out, or twice; SettingRefused.
    """
    home = Home(parts, HOME)
    bound = [serves(SHOW_HOME, home.show), *(one for each in SLICES for one in each.operations(parts))]
    served = {one.operation.subject: one for one in bound}
    wanted = {operation.subject for operation in OPERATIONS}
    if wanted != served.keys() or len(served) != len(bound):
        raise ValueError(f"not carried out once: {sorted(wanted ^ served.keys())}")
    return served


async def carry_out(one: Served, caller: Caller | None, body: msgspec.Struct) -> Any:
    """Return the answer to an operation; whoever has no right to it does not reach its function. Raises: Refused."""
    operation = one.operation
    if operation.access.reach is Reach.NO_SESSION:
        return await one.handle(body)
    assert isinstance(caller, SignedIn) is (operation.access.reach in AGENTS)
    if isinstance(caller, SignedIn) and operation.access.right is not None:
        wants = require_everywhere if operation.access.reach is Reach.EVERYWHERE else require
        wants(caller, operation.access.right)
    return await one.handle(caller, body)
