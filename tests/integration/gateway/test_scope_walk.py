"""Every endpoint and every subject, asked by somebody whose grants hold where nothing is: nothing is to be seen.

Nothing is listed by hand but what shows nothing scoped. An endpoint that is new is walked by itself; when the walk
cannot make a request for it, it fails and asks for an `example` of its operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from core.contracts.operation import AGENTS, Reach
from core.contracts.operations import OPERATIONS, RIGHTS
from core.contracts.refusals import Refused
from core.roles.desk import carry_out
from core.values.ids import PREFIXES
from deploy.local.postgres import PostgresServer
from gateway.operations import shown_as
from tests.support.walking.endpoints import Endpoint, Wanted, endpoints_of, requests_for
from tests.support.walking.samples import kind_of
from tests.support.walking.world import Answer, World, table_of, walking_world

OUTSIDE_THE_API: Final = ("/health/", "/metrics", "/openapi.json", "/docs", "/schema")
"""Addresses that say how the process is and what the API looks like, to anybody."""

STREAMS: Final = {
    # An endless answer; test_events.py holds what it sends to the scope.
    "GET /events",
    # Likewise; test_chat.py.
    "GET /conversation-events",
}

OF_THE_SESSION: Final = {
    # The caller's own session.
    "GET /sessions/current",
    "DELETE /sessions/current",
    # Of the caller alone: test_access.py holds factors, password and devices to their owner.
    *(shown_as(each) for each in OPERATIONS if each.access.reach is Reach.ANYONE and each.http is not None),
}
"""Endpoints that show and change what is of a session, and so ask for one."""
OF_OTHERS: Final = {
    shown_as(each)
    for each in OPERATIONS
    if each.http is not None and each.access.reach not in AGENTS | {Reach.NO_SESSION}
} | {
    # Written by hand, as it is a file.
    "GET /me/orders/{order_id}/paper",
    # Likewise, as it is a stream.
    "GET /me/chat/events",
}
"""Endpoints of principals who are no agents: each kind has a walk of its own."""

FOR_EVERYBODY: Final = {
    # Log in, by whoever has the right words; no session yet.
    "POST /sessions",
    "POST /sessions/second-factor",
    "POST /sessions/passkey-options",
    "GET /sign-on",
    "POST /sign-on",
    "POST /sign-on/answers",
    "POST /invitations/lookup",
    "POST /invitations/acceptance",
    *OF_THE_SESSION,
    "POST /customers/links",
    "POST /customers/links/lookup",
    "POST /customers/links/acceptance",
    "POST /customers/sessions",
    "POST /customers/sessions/second-factor",
    "POST /customers/sessions/passkey-options",
    # The caller's own notices.
    "GET /notices/unread",
    # The institution's name and colours, which the log in page shows to anybody.
    "GET /brand",
    # How we are reached, which the contact page shows to anybody.
    "GET /contact/offers",
    "GET /contact/answers",
}
"""Endpoints that ask for no right: they show and change only what is the caller's own."""

OF_PROGRAMS: Final = {
    shown_as(each) for each in OPERATIONS if each.access.reach is Reach.INTEGRATOR and each.http is not None
}
"""Endpoints of merchants' own programs, each of which sees its company and takes no session of an agent."""

NOT_PLACED: Final = {
    shown_as(each) for each in OPERATIONS if each.access.reach is Reach.UNPLACED and each.http is not None
}
"""Endpoints that need a right and show what belongs to no place: the institution's own lists and settings."""

EVERYWHERE_ONLY: Final = {
    # What is the same everywhere is changed only by who holds the right everywhere: a part is refused aloud.
    "POST /fee-versions/{fee_version_id}/{act}",
    # An account has its place by its first company; alone it is for who sees the whole.
    "POST /accounts",
    *(
        shown_as(each)
        for each in OPERATIONS
        if each.access.reach is Reach.EVERYWHERE and each.http is not None
    ),
}
"""Writes for those who hold the right everywhere; somebody with a part of it is told so."""

OF_ONES_OWN: Final = {
    # New things that are the caller's own, or of no place yet.
    "POST /onboarding",
    "POST /exports",
    "POST /views",
}
"""Writes that somebody out of scope may do: what they make is theirs, and shows nothing of others."""

OWNERS_ONLY: Final = {
    # Found by their owner and nobody else, whatever their grants: there is no "everybody" to compare with.
    "GET /exports/{export_id}",
    "GET /exports/{export_id}/download",
}

EXAMPLES: Final[dict[str, Mapping[str, Any]]] = {
    # Written by hand, beside an operation that has no file.
    "GET /journals/{subject}/export": {"subject": "{terminal}"},
    "GET /conversation-events": {"conversation": "{conversation}"},
    "GET /me/chat/events": {"conversation": "cnv_00000000000000000000000000"},
    **{shown_as(each): each.example for each in OPERATIONS if each.example and each.http is not None},
}
"""Fields of requests where the description does not say enough to make them."""

ASKED_WITHOUT_A_SESSION: Final = {
    "brands_of_host",
    "customers_answer_factor",
    "customers_ask_link",
    "customers_factor_challenge",
    "customers_log_in",
    "customers_read_link",
    "customers_use_link",
    "contact_offers_now",
    "faq_answers_find",
    "events_after",
    "events_end",
    "invitation_accept",
    "invitation_read",
    "notices_unread",
    "reasons_words",
    "session_answer_factor",
    "session_factor_challenge",
    "session_log_in",
    "session_which_ended",
    "sign_on_finish",
    "sign_on_offered",
    "sign_on_start",
}
"""By people who have not logged in yet, or by the gateway for itself: one more is thought about twice."""

SUBJECTS_FOR_EVERYBODY: Final = {
    *(each.subject for each in OPERATIONS if each.access.reach is Reach.ANYONE),
}
"""What an agent without a grant may ask: about themselves."""

EITHER_RIGHT: Final[dict[str, set[str]]] = {
    # A view belongs to its list: transactions, or terminals.
    "core.desk.views_remove": {"directory.read"},
}
"""Subjects that one of several rights opens; nobody is told but the first of them."""

SUBJECTS_EVERYWHERE_ONLY: Final = {
    "core.desk.fee_versions_move",
    *(each.subject for each in OPERATIONS if each.access.reach is Reach.EVERYWHERE),
}
"""Subjects that refuse whoever holds the right in a part only, as EVERYWHERE_ONLY does."""

RIGHT_OF_THE_RECORD: Final = {
    # What may be refused depends on what was asked for, so it is looked for first, within the scope.
    "core.desk.approvals_refuse",
}
"""Subjects whose right depends on the record; asked about a record that does not exist, they say not found."""

KINDS_OF_NO_RECORD: Final = {
    "act",
    "channel",
    "code",
    "kind",
    "subject",
    "session",
    "factor",
    "customer_email",
}
"""Places in an address that hold no id of a scoped record: codes, words, one's own session, factors and addresses."""

UNSCOPED_TABLES: Final = (
    # Rows that belong to the institution and to no place.
    "acquirer",
    "macro",
    "opening_hours",
    "opening_exception",
    "conversation",
    "agent",  # names of colleagues stand beside what they did; the list of agents is held to the scope by itself
    *(
        table_of(each.type.kind)
        for operation in OPERATIONS
        if operation.access.reach is Reach.UNPLACED
        for each in msgspec.structs.fields(operation.asked)
        if each.name == "id"
    ),
)
OWN_TABLES: Final = (
    # What a caller writes about themselves, or the desk about the call.
    "api_key",
    "session",
    "login_failure",
    "idempotency",
    "agent_factor",
)
GROWING_TABLES: Final = {
    # Where what is the caller's own is added, with its trace in the audit and the mail that it sends.
    "action",
    "agent",
    "agent_invitation",
    "document_part",  # pieces of an upload of the caller's own, before anybody is asked where it belongs
    "export_job",
    "mail",
    "onboarding",
    "saved_view",
    "search_entry",
    # A purchase that a merchant's program makes is of its own company.
    "purchase_order",
    "instalment",
    "order_event",
    # Likewise an address where it wants to be told.
    "webhook_endpoint",
    "webhook_secret",
}
# Figures that say how a list was asked for, not what is in it.
_PLAIN_FIGURES: Final = {"minutes", "silent_minutes", "limit", "page", "every_s", "expires_in_s"}


@pytest.fixture(scope="module")
async def world(postgres_server: PostgresServer, short_folder: Path) -> AsyncIterator[World]:
    """One for the whole walk: nothing in it may change what stands."""
    async with walking_world(postgres_server, short_folder / "walk", unscoped=UNSCOPED_TABLES) as made:
        yield made


def _endpoints(world: World) -> list[Endpoint]:
    """Return those that agents may ask for, and whoever has no session yet."""
    return [endpoint for endpoint in _every_endpoint(world) if endpoint.name not in OF_PROGRAMS]


def _every_endpoint(world: World) -> list[Endpoint]:
    found = [
        endpoint
        for endpoint in endpoints_of(world.app, world.document)
        if not endpoint.path.startswith(OUTSIDE_THE_API)
    ]
    assert len(found) >= 16
    assert all(endpoint.path.startswith("/v1/") for endpoint in found)
    return found


def example_of(world: World, endpoint: Endpoint) -> dict[str, Any]:
    """Return the example of an operation with identifiers of records that there are."""
    ids = {kind: world.sampler.typed(kind) for kind in world.records}
    return _filled({**EXAMPLES.get(endpoint.name, {})}, ids)


def _requests(world: World, endpoint: Endpoint) -> list[Wanted]:
    try:
        return list(requests_for(endpoint, world.sampler, example_of(world, endpoint)))
    except KeyError:
        # The test of the kinds says which record is missing.
        return []


def _filled(body: Any, ids: dict[str, str]) -> Any:
    match body:
        case str() if body.startswith("{") and body.endswith("}"):
            return ids[body[1:-1]]
        case dict():
            return {name: _filled(value, ids) for name, value in body.items()}
        case list():
            return [_filled(value, ids) for value in body]
    return body


async def test_the_tables_of_the_walk_name_only_what_exists(world: World) -> None:
    known = {endpoint.name for endpoint in _every_endpoint(world)}
    assert {
        *OF_PROGRAMS,
        *STREAMS,
        *FOR_EVERYBODY,
        *NOT_PLACED,
        *EVERYWHERE_ONLY,
        *OF_ONES_OWN,
        *OWNERS_ONLY,
        *OF_OTHERS,
        *EXAMPLES,
    } <= known
    assert {*SUBJECTS_FOR_EVERYBODY, *EITHER_RIGHT} <= set(world.served)
    assert {name for name, one in world.served.items() if one.operation.access.reach is Reach.NO_SESSION} == {
        f"core.desk.{name}" for name in ASKED_WITHOUT_A_SESSION
    }


async def test_every_kind_of_id_in_an_address_has_a_record_to_walk_to(world: World) -> None:
    wanted = {kind_of(place) or place for endpoint in _every_endpoint(world) for place in endpoint.places}
    found = set(world.records) | set(KINDS_OF_NO_RECORD)
    assert wanted - found == set(), (
        "seed one in deploy/sandbox/demonstration, or name its table in TABLES_OF_KINDS"
    )


async def test_scope_walk_shows_nothing_to_somebody_out_of_scope(world: World) -> None:
    token = await world.agent("outside", role="administrator")
    everything = await world.agent("everywhere", role="administrator", everywhere=True)
    hidden = world.hidden - await world.own_words("outside")
    before = await world.fingerprint(without=OWN_TABLES)
    findings: list[str] = []
    for endpoint in _endpoints(world):
        if endpoint.name in FOR_EVERYBODY | OF_OTHERS or endpoint.name in STREAMS:
            continue
        for wanted in _requests(world, endpoint):
            answer = await world.call(
                token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
            )
            findings += [
                f"{endpoint.name} {wanted.query or ''} {finding}"
                for finding in _leaks(endpoint, wanted, answer, hidden)
            ]
        if endpoint.name in OWNERS_ONLY:
            continue
        if endpoint.method == "GET" and endpoint.places and (requests := _requests(world, endpoint)):
            # The same address holds something for somebody who may see it: not found means hidden, not absent.
            first = requests[0]
            answer = await world.call(everything, "GET", first.path, query=first.query)
            if answer.status != 200:
                findings.append(
                    f"{endpoint.name} is {answer.status} {answer.text[:200]} for everybody: nothing proved"
                )
    after = await world.fingerprint(without=OWN_TABLES)
    findings += _changes(before, after)
    assert not findings, _lines(findings)


_REFUSED_ALOUD: Final = {"not_permitted", "account_without_company"}


def _leaks(endpoint: Endpoint, wanted: Wanted, answer: Answer, hidden: set[str]) -> list[str]:
    """Return what an answer to somebody out of scope shows, or why it proves nothing."""
    sent = f"{wanted.path} {wanted.query} {wanted.body}"
    shown = sorted(secret for secret in hidden if secret in answer.text and secret not in sent)
    found = [f"shows {shown[:3]}"] if shown else []
    if answer.status >= 500:
        return [*found, f"fails with {answer.status} {answer.code}"]
    if not answer.asked and wanted.narrowed:
        # The filter takes another kind of id, or no such words: nothing was asked, so nothing was shown.
        return found
    if not answer.asked:
        return [
            *found,
            f"was refused by the gateway ({answer.status} {answer.text[:300]}): its operation needs an example",
        ]
    if endpoint.name in NOT_PLACED:
        return found
    if endpoint.name in EVERYWHERE_ONLY:
        return found if answer.code in _REFUSED_ALOUD else [*found, f"is {answer.status} {answer.code}"]
    if endpoint.name in OF_ONES_OWN:
        return found
    if endpoint.places and answer.status == 422 and '"code":"not_found"' in answer.text:
        # What the body names is not found: as good as the record itself.
        return found
    if endpoint.places and answer.status != 404:
        return [*found, f"is {answer.status} {answer.code}, not 404: {answer.text[:200]}"]
    if endpoint.method == "GET" and answer.status == 200 and not _is_empty(answer.json):
        return [*found, f"is not empty: {answer.text[:200]}"]
    if endpoint.method != "GET" and answer.status == 200 and _is_empty(answer.json):
        # A search by POST.
        return found
    if endpoint.method != "GET" and answer.status not in (404, 422):
        return [*found, f"was taken: {answer.status} {answer.code} {answer.text[:200]}"]
    return found


def _is_empty(body: Any, name: str = "") -> bool:
    """Return whether nothing but zeros, dates and empty lists is said, of others at least."""
    match body:
        case {"email": str(email)} if email.endswith("@walk.example"):
            return True
        case dict():
            return all(_is_empty(value, key) for key, value in body.items())
        case list():
            return all(
                not isinstance(value, dict) or "id" not in value or "email" in value for value in body
            ) and all(_is_empty(value, name) for value in body)
        case bool() | None | str():
            return True
        case int() | float():
            return body == 0 or name in _PLAIN_FIGURES
    return False


async def test_scope_walk_lets_nobody_in_without_a_grant(world: World) -> None:
    token = await world.agent("nobody", role=None)
    before = await world.fingerprint(without=OWN_TABLES)
    findings: list[str] = []
    for endpoint in _endpoints(world):
        if endpoint.name in FOR_EVERYBODY | OF_OTHERS:
            continue
        wanted = next(iter(_requests(world, endpoint)), None)
        if wanted is None:
            continue
        answer = await world.call(token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body)
        if (answer.status, answer.code) != (403, "not_permitted"):
            findings.append(f"{endpoint.name} is {answer.status} {answer.code}: {answer.text[:200]}")
        elif answer.asked[-1].right not in RIGHTS:
            findings.append(f"{endpoint.name} asks for {answer.asked[-1].right}, which is no permission")
    after = await world.fingerprint(without=OWN_TABLES)
    findings += _changes(before, after)
    assert not findings, _lines(findings)


async def test_scope_walk_of_other_principals_takes_no_session_of_an_agent(world: World) -> None:
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    findings: list[str] = []
    for endpoint in _endpoints(world):
        if endpoint.name in OF_OTHERS:
            sampler = world.sampler
            # Whether there is such a record is not asked of somebody who is no such principal.
            sampler.records = {**dict.fromkeys(PREFIXES, bytes(16)), **world.records}
            wanted = next(requests_for(endpoint, sampler, EXAMPLES.get(endpoint.name, {})))
            answer = await world.call(
                token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
            )
            if (answer.status, answer.code) != (401, "session_ended"):
                findings.append(f"{endpoint.name} is {answer.status} {answer.code}: {answer.text[:200]}")
    assert not findings, _lines(findings)


async def test_scope_walk_of_every_subject_without_a_grant(world: World) -> None:
    caller = await world.signed_in("nobody", role=None)
    findings = [
        f"{subject} is not refused"
        for subject, one in world.served.items()
        if one.operation.access.reach in AGENTS
        and subject not in SUBJECTS_FOR_EVERYBODY
        and subject not in RIGHT_OF_THE_RECORD
        and await _right_missing(world, subject, caller) is None
    ]
    assert not findings, _lines(findings)


async def test_scope_walk_of_every_subject_out_of_scope(world: World) -> None:
    caller = await world.signed_in("outside", role="administrator")
    hidden = world.hidden - await world.own_words("outside")
    before = await world.fingerprint(without=OWN_TABLES)
    findings: list[str] = []
    for subject, one in world.served.items():
        if one.operation.access.reach not in AGENTS or subject in SUBJECTS_FOR_EVERYBODY:
            continue
        try:
            result = await carry_out(one, caller, world.sampler.body(one.operation.asked))
        except (Refused, ValueError, LookupError):
            continue
        shown = sorted(secret for secret in hidden if secret in str(result))
        if shown:
            findings.append(f"{subject} shows {shown[:3]}")
    after = await world.fingerprint(without=OWN_TABLES)
    findings += _changes(before, after)
    assert not findings, _lines(findings)


async def test_scope_walk_each_role_may_ask_what_its_permissions_say(world: World) -> None:
    nobody = await world.signed_in("nobody", role=None)
    rights = {
        subject: await _right_missing(world, subject, nobody)
        for subject, one in world.served.items()
        if one.operation.access.reach in AGENTS
        and subject not in SUBJECTS_FOR_EVERYBODY | RIGHT_OF_THE_RECORD
    }
    roles = {
        row["code"]: set(row["permissions"])
        for row in await world.owner.fetch(
            "SELECT r.code, array_agg(p.permission) AS permissions FROM role r"
            " JOIN role_permission p ON p.role = r.code WHERE r.built_in GROUP BY 1"
        )
    }
    assert len(roles) == 8
    findings: list[str] = []
    for role, permissions in roles.items():
        caller = await world.signed_in(f"role-{role}", role=role)
        for subject, right in rights.items():
            allowed = bool(({right} | EITHER_RIGHT.get(subject, set())) & permissions)
            missing = await _right_missing(world, subject, caller)
            if missing == right and subject in SUBJECTS_EVERYWHERE_ONLY:
                continue
            # A right that is missed later, inside, must be one that the role does not hold either.
            if (missing is None and not allowed) or missing in permissions or (missing == right and allowed):
                findings.append(f"{role} {subject}: wants {right}, misses {missing}")
    assert not findings, _lines(findings)


async def test_scope_walk_takes_no_session_where_a_key_is_asked_for_and_no_key_where_a_session_is(
    world: World,
) -> None:
    agent = await world.agent("everywhere", role="administrator", everywhere=True)
    program = await world.integrator("realm")
    before = await world.fingerprint(without=OWN_TABLES)
    findings: list[str] = []
    for endpoint in _every_endpoint(world):
        if endpoint.name in FOR_EVERYBODY - OF_THE_SESSION:
            continue
        wanted = next(iter(_requests(world, endpoint)), None)
        if wanted is None:
            continue
        token, refusal = (
            (agent, "api_key_unknown") if endpoint.name in OF_PROGRAMS else (program, "session_ended")
        )
        answer = await world.call(token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body)
        if (answer.status, answer.code) != (401, refusal):
            findings.append(f"{endpoint.name} is {answer.status} {answer.code}: {answer.text[:200]}")
    after = await world.fingerprint(without=OWN_TABLES)
    findings += _changes(before, after)
    assert not findings, _lines(findings)


async def test_scope_walk_shows_a_merchants_program_nothing_of_another_company(world: World) -> None:
    token = await world.integrator("stranger")
    before = await world.fingerprint(without=OWN_TABLES)
    findings: list[str] = []
    for endpoint in _every_endpoint(world):
        if endpoint.name not in OF_PROGRAMS:
            continue
        for wanted in _requests(world, endpoint):
            answer = await world.call(
                token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
            )
            sent = f"{wanted.path} {wanted.query} {wanted.body}"
            shown = sorted(secret for secret in world.hidden if secret in answer.text and secret not in sent)
            if shown or answer.status >= 500:
                findings.append(f"{endpoint.name} is {answer.status} {answer.text[:300]}, shows {shown[:3]}")
            elif endpoint.places and answer.status != 404:
                findings.append(f"{endpoint.name} is {answer.status} {answer.code}, not 404")
    after = await world.fingerprint(without=OWN_TABLES)
    findings += _changes(before, after)
    assert not findings, _lines(findings)


def _changes(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> list[str]:
    """Return the tables where a row was changed or removed, or added where nothing may be."""
    changed = [f"rows of {table} changed" for table, rows in before.items() if rows - after[table]]
    return changed + [
        f"rows of {table} were added"
        for table, rows in after.items()
        if table not in GROWING_TABLES and rows - before[table]
    ]


def _lines(findings: list[str]) -> str:
    return "\n".join(["", *findings])


async def _right_missing(world: World, subject: str, caller: Any) -> str | None:
    """Return the right for want of which a subject refuses the caller, None when it asks for no more."""
    one = world.served[subject]
    try:
        await carry_out(one, caller, world.sampler.body(one.operation.asked))
    except Refused as refusal:
        if refusal.problem.code == "not_permitted":
            return str(refusal.problem.facts["right"])
        return None
    except (ValueError, LookupError):
        # What the gateway would have refused before: the body was made without its rules.
        return None
    return None
