"""Listing, writing, previewing and running macros. A run is one transaction: every step, or none."""

from datetime import datetime
from typing import Any, assert_never

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from core.contracts.listing import Nothing, Written
from core.contracts.macros import (
    AddMacro,
    ChangeMacro,
    ListMacros,
    Macro,
    MacroList,
    MacroPreview,
    MacroRun,
    PreviewMacro,
    RemoveMacro,
    RunMacro,
    StepName,
    StepView,
)
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.identity.api import (
    Permission,
    SignedIn,
    WriteOnce,
    record_action,
    refuse_if_stale,
)
from core.merchants.api import BRAND_NAMES
from core.notifications.api import queue_mail
from core.support.macros import rules, store
from core.support.macros.errors import MacroFieldsRefused, MacroImpossible
from core.support.macros.model import StoredMacro, Target
from core.terminals.api import activate_on, lift_on, want_reload_on
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id, rrn_of
from core.values.money import money_text
from core.values.timestamps import timestamp
from core.values.zones import zone_of


class MacroHandlers:
    """Operations on macros."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def list_macros(self, caller: SignedIn, request: ListMacros) -> MacroList:
        """Return the macros for a kind of target."""
        found = await store.list_macros(self._pool, target_kind=request.target_kind)
        return MacroList([_shown(macro, caller) for macro in found])

    async def add(self, caller: SignedIn, request: AddMacro) -> Written:
        """Write a macro. Raises: MacroFieldsRefused, KeyReused, StillRunning."""
        return await self._save(caller, request, None)

    async def change(self, caller: SignedIn, request: ChangeMacro) -> Written:
        """Write every field of a macro.

        Raises: NotFound, MacroFieldsRefused, ChangedMeanwhile, KeyReused, StillRunning.
        """
        return await self._save(caller, request, request)

    async def _save(self, caller: SignedIn, fields: AddMacro, change: ChangeMacro | None) -> Written:
        problems = rules.problems_of_macro(fields)
        if problems:
            raise MacroFieldsRefused(problems)
        now = self._clock.now()

        async def effect(connection: PoolConnectionProxy) -> bytes:
            if change is not None:
                await _refuse_if_stale(connection, change.id, change.revision)
            macro_id = None if change is None else change.id
            made = await store.save_macro(connection, macro_id, fields, agent_id=caller.agent_id, now=now)
            if made is None:
                raise NotFound
            facts = {"name": fields.name_fr, "kind": fields.kind, "steps": fields.steps}
            kind = "macro.added" if change is None else "macro.changed"
            await _record(connection, caller, kind, "macro", made, facts, now)
            (macro,) = await store.list_macros(connection, macro_id=made)
            return msgspec.json.encode(_shown(macro, caller))

        return await self._write(caller, fields, effect)

    async def remove(self, caller: SignedIn, request: RemoveMacro) -> Nothing:
        """Take a macro out of use; its runs stay. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.remove_macro(connection, request.id, agent_id=caller.agent_id, now=now):
                raise NotFound
            await _record(connection, caller, "macro.removed", "macro", request.id, {}, now)
        return Nothing()

    async def preview(self, caller: SignedIn, request: PreviewMacro) -> MacroPreview:
        """Return what would happen to the target, or an answer with its fields filled.

        Raises: NotFound.
        """
        async with self._pool.acquire() as connection:
            macro, target = await self._load(connection, caller, request)
            steps = await self._plan(connection, caller, macro, target)
        text = macro.text_en if caller.language == "en" else macro.text_fr
        return MacroPreview(
            macro=_shown(macro, caller),
            target=encode_id(target.kind, target.id),
            label=target.label,
            possible=_is_possible(steps),
            steps=steps,
            text=rules.filled(text, target, reason=request.reason),
        )

    async def run(self, caller: SignedIn, request: RunMacro) -> Written:
        """Run every step in one transaction.

        Raises: NotFound, MacroFieldsRefused, MacroImpossible, KeyReused, and what a step refuses.
        """

        async def effect(connection: PoolConnectionProxy) -> bytes:
            now = self._clock.now()
            macro, target = await self._load(connection, caller, request)
            if macro.kind != "sequence":
                raise NotFound
            problems = rules.problems_of_inputs(
                macro.steps, reason=request.reason, email=request.email, comment=request.comment
            )
            if problems:
                raise MacroFieldsRefused(problems)
            steps = await self._plan(connection, caller, macro, target)
            for step in steps:
                if step.outcome == "refused":
                    raise MacroImpossible(step=step.step, why=step.why or "")
            for step in steps:
                if step.outcome == "will_do":
                    await _do(connection, caller, step.step, target, request, now)
                    step.outcome = "done"
            run_id = new_id(self._clock)
            await store.add_run(
                connection,
                run_id=run_id,
                macro_id=macro.id,
                target=target,
                agent_id=caller.agent_id,
                now=now,
                steps=steps,
            )
            facts = {
                "macro": macro.name_fr,
                "run": encode_id("macro_run", run_id),
                "reason": request.reason,
                "steps": [f"{step.step}: {step.outcome}" for step in steps],
            }
            await _record(connection, caller, "macro.run", target.kind, target.id, facts, now)
            name = macro.name_en if caller.language == "en" else macro.name_fr
            done = MacroRun(id=encode_id("macro_run", run_id), macro=name, label=target.label, steps=steps)
            return msgspec.json.encode(done)

        return await self._write(caller, request, effect)

    async def _load(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        request: PreviewMacro,
    ) -> tuple[StoredMacro, Target]:
        scope = caller.scope_of(Permission.MACROS_USE)
        found = await store.list_macros(connection, macro_id=request.id)
        if not found or found[0].target_kind not in {"any", request.target.kind}:
            raise NotFound
        target = await store.find_target(
            connection, scope, kind=request.target.kind, target_id=request.target, now=self._clock.now()
        )
        if target is None:
            raise NotFound
        return found[0], target

    async def _plan(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        macro: StoredMacro,
        target: Target,
    ) -> list[StepView]:
        """Return the plan; a step is allowed where the caller's own permission for it holds at the target."""
        allowed: set[StepName] = set()
        for step in macro.steps:
            scope = caller.scope_of(rules.PERMISSIONS[step])
            seen = await store.find_target(
                connection, scope, kind=target.kind, target_id=target.id, now=self._clock.now()
            )
            if seen is not None:
                allowed.add(step)
        return rules.plan(macro.steps, target, allowed=allowed)


async def _refuse_if_stale(connection: PoolConnectionProxy, macro_id: bytes, read: int) -> None:
    changed_at = await store.lock_macro(connection, macro_id)
    if changed_at is None:
        raise NotFound
    await refuse_if_stale(
        connection, target_kind="macro", target_id=macro_id, read=read, present=to_unix_us(changed_at)
    )


async def _do(
    connection: PoolConnectionProxy,
    caller: SignedIn,
    step: StepName,
    target: Target,
    request: RunMacro,
    now: datetime,
) -> None:
    match step:
        case "lift_block":
            assert target.block_id is not None
            await lift_on(connection, caller, target.block_id, reason=request.reason, now=now)
        case "activate_terminal":
            await activate_on(connection, caller, target.id, reason=request.reason, now=now)
        case "reload_parameters":
            await want_reload_on(connection, caller, target.id, now=now)
        case "resend_receipt":
            payment = target.last_payment
            assert payment is not None
            brand = BRAND_NAMES.get(payment.card_brand, "other")
            await queue_mail(
                connection,
                template="receipt",
                to=request.email,
                locale=caller.language,
                facts={
                    "store": target.store_name,
                    "amount": money_text(payment.amount_minor, payment.currency, caller.language),
                    "date": payment.received_at.astimezone(zone_of(payment.time_zone)).strftime(
                        "%d/%m/%Y %H:%M"
                    ),
                    "card": f"{brand.upper()} ·· {payment.card_last_four}",
                    "reference": rrn_of(payment.id),
                },
                about_kind="transaction",
                about_id=payment.id,
                # Sent again on purpose: an earlier receipt of the same payment does not stand in its way.
                once_key=timestamp(now),
            )
        case "add_comment":
            await store.add_note(
                connection,
                kind=target.kind,
                target_id=target.id,
                text=request.comment,
                agent_id=caller.agent_id,
                now=now,
            )
        case _:
            assert_never(step)


async def _record(
    connection: PoolConnectionProxy,
    caller: SignedIn,
    kind: str,
    target_kind: str,
    target_id: bytes,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind=kind,
        target_kind=target_kind,
        target_id=target_id,
        facts=facts,
    )


def _is_possible(steps: list[StepView]) -> bool:
    return all(step.outcome != "refused" for step in steps)


def _shown(macro: StoredMacro, caller: SignedIn) -> Macro:
    kind: Any = macro.kind
    target_kind: Any = macro.target_kind
    return Macro(
        id=encode_id("macro", macro.id),
        kind=kind,
        target_kind=target_kind,
        name=macro.name_en if caller.language == "en" else macro.name_fr,
        name_fr=macro.name_fr,
        name_en=macro.name_en,
        text_fr=macro.text_fr,
        text_en=macro.text_en,
        steps=list(macro.steps),
        inputs=rules.inputs_of(macro.steps),
        runnable=macro.kind == "sequence"
        and all(caller.may(rules.PERMISSIONS[step]) for step in macro.steps),
        changed_at=timestamp(macro.changed_at),
        changed_by=macro.changed_by,
        revision=to_unix_us(macro.changed_at),
    )
