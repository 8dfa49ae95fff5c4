"""Files of merchants to be: started, filled in step by step, submitted, validated, handed over."""

from datetime import datetime

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.merchants import Duplicate
from core.contracts.onboarding import (
    Answers,
    ListOnboardings,
    MoveOnboarding,
    OnboardingDetail,
    OnboardingPage,
    OneOnboarding,
    SaveAnswers,
    StartOnboarding,
)
from core.contracts.reason_texts import says_why
from core.contracts.refusals import ChangedMeanwhile, NotFound
from core.contracts.scope import Scope
from core.db.ids import new_id
from core.db.rows import Connection
from core.documents.api import DocumentHandlers
from core.identity.api import (
    Permission,
    SignedIn,
    WriteOnce,
    name_and_moment,
    record_action,
    refuse_repeat_of_another,
    require,
)
from core.merchants.duplicates.handlers import find_duplicates
from core.merchants.duplicates.rules import needs_reason
from core.merchants.errors import FieldsWrong, HeldByAnother, MoveNotPossible, NotReady
from core.merchants.forms import Wrong, problems_of
from core.merchants.onboarding import store, views
from core.merchants.onboarding.making import account_of, make_merchant
from core.merchants.onboarding.notifying import tell_of_move
from core.merchants.onboarding.rules import (
    EDITABLE,
    STEPS,
    TRANSITIONS,
    Known,
    Lacking,
    asked_of,
    department_of_file,
    lacking,
    stores_outside,
    tidied,
)
from core.values.clock import Clock, to_unix_us
from core.values.cursors import moment_and_id_in, page_of
from core.values.ids import decode_id, encode_id


class OnboardingHandlers:
    """Operations on files."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, documents: DocumentHandlers | None = None) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)
        self._documents = documents

    async def files(self, caller: SignedIn, request: ListOnboardings) -> OnboardingPage:
        """Return files, newest change first. Raises: CursorMalformed."""
        before_at, before_id = moment_and_id_in("onboarding", request.cursor)
        rows = await store.list_files(
            self._pool,
            caller.scope_of(Permission.DIRECTORY_READ),
            caller.agent_id,
            state=request.state,
            mine=request.mine,
            before_at=before_at,
            before_id=before_id,
            limit=request.limit + 1,
        )
        page, cursor = page_of(
            rows,
            request.limit,
            lambda last: (str(to_unix_us(last["changed_at"])), encode_id("onboarding", last["id"].bytes)),
        )
        return OnboardingPage([views.summary_of(row) for row in page], cursor)

    async def file(self, caller: SignedIn, request: OneOnboarding) -> OnboardingDetail:
        """Return one file with what it lacks. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await self._detail(connection, caller, request.id)

    async def start(self, caller: SignedIn, request: StartOnboarding) -> Written:
        """Start a file, held by the caller. Raises: NotPermitted, KeyReused."""
        answers = tidied(Answers(merchant=request.merchant))
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            file_id = new_id(self._clock)
            await store.start_file(
                connection, file_id=file_id, answers=answers, agent_id=caller.agent_id, now=now
            )
            await self._record(connection, caller, file_id, "started", now, {})
            return msgspec.json.encode(await self._detail(connection, caller, file_id))

        return await self._write(caller, request, effect)

    async def save(self, caller: SignedIn, request: SaveAnswers) -> OnboardingDetail:
        """Keep what was typed in one step or several, right or wrong; the answer says what is lacking.

        Raises: NotPermitted, NotFound, MoveNotPossible, HeldByAnother, ChangedMeanwhile.
        """
        scope = caller.scope_of(Permission.MERCHANTS_REGISTER)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            file = await self._lock(connection, scope, caller, request.id)
            if file.state not in EDITABLE:
                raise MoveNotPossible(file.state)
            if file.held_by != caller.agent_id:
                raise HeldByAnother
            # Somebody's own page saves by itself while they type, so their own last change is no conflict.
            if file.version != request.revision and file.changed_by != caller.agent_id:
                shown = name_and_moment(file.changed_by_name, file.changed_at)
                raise ChangedMeanwhile([FieldProblem("revision", "changed_meanwhile", shown)])
            answers = tidied(_merged(file.answers, request))
            await store.save_file(
                connection, file_id=request.id, answers=answers, agent_id=caller.agent_id, now=now
            )
            steps = [name for name in STEPS if getattr(request, name) is not None]
            await self._record(
                connection, caller, request.id, "saved", now, {"version": file.version + 1, "steps": steps}
            )
            return await self._detail(connection, caller, request.id)

    async def move(self, caller: SignedIn, request: MoveOnboarding) -> OnboardingDetail:
        """Take a file on; a move that the caller made already answers with the file as it is.

        Raises: NotPermitted, NotFound, MoveNotPossible, HeldByAnother, NotReady, FieldsWrong, DoneByAnother.
        """
        if request.act == "take":
            return await self._take(caller, request.id)
        way = TRANSITIONS[request.act]
        scope = require(caller, way.permission)
        reason = request.reason.strip()
        if way.needs_reason and not says_why(reason):
            raise FieldsWrong(problems_of([Wrong("reason", "reason_short")], caller.language))
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            file = await self._lock(connection, scope, caller, request.id)
            if file.state == way.target:
                await refuse_repeat_of_another(connection, caller, request.id, f"onboarding.{way.target}")
                return await self._detail(connection, caller, request.id)
            if file.state not in way.sources:
                raise MoveNotPossible(file.state)
            if file.state in EDITABLE and file.held_by != caller.agent_id:
                raise HeldByAnother
            facts: dict[str, object] = {"reason": reason} if reason else {}
            if request.act in ("submit", "validate"):
                await self._refuse_unready(connection, caller, scope, request.id, file.answers)
            match request.act:
                case "submit":
                    await store.submit_file(connection, request.id, caller.agent_id, now)
                case "send_back":
                    await store.return_file(connection, request.id, caller.agent_id, now, reason)
                case "validate":
                    made = await make_merchant(
                        connection,
                        self._clock,
                        caller=caller,
                        scope=scope,
                        answers=file.answers,
                        file_id=request.id,
                        now=now,
                    )
                    await store.validate_file(
                        connection,
                        file_id=request.id,
                        agent_id=caller.agent_id,
                        now=now,
                        account_id=made.account_id,
                        company_id=made.company_id,
                    )
                    await self._give_files(connection, caller, made.company_id, file.answers)
                    facts = {"company": encode_id("company", made.company_id)}
                case _:
                    await store.move_file(
                        connection,
                        file_id=request.id,
                        agent_id=caller.agent_id,
                        now=now,
                        state=way.target,
                        reason=reason,
                    )
            await tell_of_move(connection, caller, request.id, file, request.act, reason=reason, now=now)
            await self._record(connection, caller, request.id, way.target, now, facts)
            return await self._detail(connection, caller, request.id)

    async def _give_files(
        self,
        connection: Connection,
        caller: SignedIn,
        company_id: bytes,
        answers: Answers,
    ) -> None:
        """Make what was brought to a file documents of the company that it becomes, as of who brought it when."""
        for one in answers.files:
            assert self._documents is not None, "a file with documents is validated where documents are kept"
            await self._documents.give(
                connection,
                company_id=company_id,
                name=one.name,
                media_type=one.media_type,
                sha256=bytes.fromhex(one.sha256),
                size_bytes=one.size_bytes,
                agent_id=caller.agent_id if one.by is None else decode_id("agent", one.by.id),
                now=datetime.fromisoformat(one.at),
            )

    async def _take(self, caller: SignedIn, file_id: bytes) -> OnboardingDetail:
        scope = require(caller, Permission.MERCHANTS_REGISTER)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            file = await self._lock(connection, scope, caller, file_id)
            if file.state not in EDITABLE:
                raise MoveNotPossible(file.state)
            if file.held_by != caller.agent_id:
                await store.take_file(connection, file_id, caller.agent_id, now)
                facts: dict[str, object] = {"from": encode_id("agent", file.held_by)}
                await self._record(connection, caller, file_id, "taken", now, facts)
            return await self._detail(connection, caller, file_id)

    async def _lock(
        self, connection: Connection, scope: Scope, caller: SignedIn, file_id: bytes
    ) -> store.LockedFile:
        file = await store.lock_file(connection, scope, caller.agent_id, file_id)
        if file is None:
            raise NotFound
        return file

    async def _refuse_unready(
        self,
        connection: Connection,
        caller: SignedIn,
        scope: Scope,
        file_id: bytes,
        answers: Answers,
    ) -> None:
        steps, _ = await self._look(connection, caller, scope, file_id, answers)
        errors = [
            problem
            for step in steps
            for problem in problems_of(step.wrong, caller.language, under=f"{step.name}.")
        ]
        if errors:
            raise NotReady(errors)

    async def _detail(self, connection: Connection, caller: SignedIn, file_id: bytes) -> OnboardingDetail:
        scope = require(caller, Permission.DIRECTORY_READ)
        row = await store.find_file(connection, scope, caller.agent_id, file_id)
        if row is None:
            raise NotFound
        if row["company_id"] is not None or row["state"] == "abandoned":
            # What it has become would look like its own duplicate.
            steps: list[Lacking] = lacking(store.answers_of(row), Known())
            return views.detail_of(row, steps, [], caller=caller)
        steps, duplicates = await self._look(connection, caller, scope, file_id, store.answers_of(row))
        return views.detail_of(row, steps, duplicates, caller=caller)

    async def _look(
        self, connection: Connection, caller: SignedIn, scope: Scope, file_id: bytes, answers: Answers
    ) -> tuple[list[Lacking], list[Duplicate]]:
        duplicates = await find_duplicates(connection, caller, asked_of(answers), own_file=file_id)
        department = department_of_file(answers)
        named = bool(answers.company.account_id)
        known = Known(
            siren_taken=await store.siren_taken(connection, answers.merchant.siren),
            sirets_taken=await store.sirets_taken(connection, [one.siret for one in answers.stores]),
            account_missing=named and await account_of(connection, scope, answers) is None,
            outside_area=department is not None and not scope.sees(department),
            stores_outside=stores_outside(answers, scope),
            doubtful=needs_reason(duplicates),
        )
        return lacking(answers, known), duplicates

    async def _record(
        self,
        connection: Connection,
        caller: SignedIn,
        file_id: bytes,
        verb: str,
        now: datetime,
        facts: dict[str, object],
    ) -> None:
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind=f"onboarding.{verb}",
            target_kind="onboarding",
            target_id=file_id,
            facts=facts,
        )


def _merged(answers: Answers, given: SaveAnswers) -> Answers:
    written = {name: value for name in STEPS if (value := getattr(given, name)) is not None}
    return msgspec.structs.replace(answers, **written)
