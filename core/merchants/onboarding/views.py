"""Files in their public shapes."""

import asyncpg
import msgspec

from core.contracts.merchants import AccountRef, Duplicate
from core.contracts.onboarding import (
    Answers,
    Move,
    OnboardingDetail,
    OnboardingSummary,
    Step,
    StepProblem,
)
from core.contracts.references import CompanyRef, PersonRef
from core.identity.api import Permission, SignedIn
from core.merchants.onboarding.rules import (
    EDITABLE,
    STEPS,
    TRANSITIONS,
    Known,
    Lacking,
    is_complete,
    lacking,
    waits_for,
)
from core.merchants.onboarding.store import answers_of
from core.merchants.words import problem_text
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none


def summary_of(row: asyncpg.Record, *, steps: list[Lacking] | None = None) -> OnboardingSummary:
    """Return a file in a list; what only the database knows is not counted there."""
    found = lacking(answers_of(row), Known()) if steps is None else steps
    waiting = waits_for(row["state"])
    return OnboardingSummary(
        id=encode_id("onboarding", row["id"].bytes),
        state=row["state"],
        name=row["name"],
        siren=row["siren"],
        department=row["department"],
        held_by=PersonRef(encode_id("agent", row["held_by"].bytes), row["held_by_name"]),
        changed_at=timestamp(row["changed_at"]),
        created_at=timestamp(row["created_at"]),
        steps_complete=sum(is_complete(step, found) for step in found),
        steps_total=len(STEPS),
        waits_for=None if waiting is None else waiting.value,
    )


def detail_of(
    row: asyncpg.Record,
    steps: list[Lacking],
    duplicates: list[Duplicate],
    *,
    caller: SignedIn,
) -> OnboardingDetail:
    """Return a whole file, with what this caller may do with it now."""
    summary = summary_of(row, steps=steps)
    editable = (
        row["state"] in EDITABLE
        and row["held_by"].bytes == caller.agent_id
        and caller.may(Permission.MERCHANTS_REGISTER)
    )
    return OnboardingDetail(
        **msgspec.structs.asdict(summary),
        revision=row["version"],
        answers=_answers_shown(row, caller),
        steps=[_step_of(step, steps, caller.language) for step in steps],
        moves=_moves_of(row, caller),
        editable=editable,
        return_reason=row["return_reason"],
        created_by=PersonRef(encode_id("agent", row["created_by"].bytes), row["created_by_name"]),
        submitted_at=timestamp_or_none(row["submitted_at"]),
        submitted_by=_person(row, "submitted_by"),
        decided_at=timestamp_or_none(row["decided_at"]),
        decided_by=_person(row, "decided_by"),
        account=_account(row),
        company=_company(row),
        duplicates=duplicates,
    )


def _answers_shown(row: asyncpg.Record, caller: SignedIn) -> Answers:
    """Return the answers; as on a company, only who may edit it sees its IBAN whole, and here who fills the file in."""
    answers = answers_of(row)
    company = answers.company
    made = row["company_id"]
    may_edit = caller.scope_of(Permission.MERCHANTS_EDIT).sees(
        row["department"] or "", b"", b"" if made is None else made.bytes
    )
    if not company.iban or row["held_by"].bytes == caller.agent_id or may_edit:
        return answers
    masked = f"{company.iban[:2]}·· ···· {company.iban[-4:]}"
    return msgspec.structs.replace(answers, company=msgspec.structs.replace(company, iban=masked))


def _moves_of(row: asyncpg.Record, caller: SignedIn) -> list[Move]:
    moves: list[Move] = [
        move
        for move, way in TRANSITIONS.items()
        if row["state"] in way.sources and caller.may(way.permission)
    ]
    holds = row["held_by"].bytes == caller.agent_id
    if row["state"] in EDITABLE and not holds and caller.may(Permission.MERCHANTS_REGISTER):
        return ["take"]
    return moves


def _step_of(step: Lacking, steps: list[Lacking], locale: str) -> Step:
    return Step(
        name=step.name,
        complete=is_complete(step, steps),
        started=step.started,
        problems=[
            StepProblem(f"{step.name}.{each.field}", each.code, problem_text(each.code, locale))
            for each in step.wrong
        ],
    )


def _person(row: asyncpg.Record, name: str) -> PersonRef | None:
    person = row[name]
    return None if person is None else PersonRef(encode_id("agent", person.bytes), row[f"{name}_name"])


def _account(row: asyncpg.Record) -> AccountRef | None:
    if row["account_id"] is None:
        return None
    return AccountRef(encode_id("account", row["account_id"].bytes), row["account_name"])


def _company(row: asyncpg.Record) -> CompanyRef | None:
    if row["company_id"] is None:
        return None
    return CompanyRef(encode_id("company", row["company_id"].bytes), row["company_name"])
