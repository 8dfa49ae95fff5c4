"""What stands beside the facts of a record, asked for in parallel: each section stands or falls by itself.

A section is None where the reader lacks the right to it, and `FAILED` where it could not be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, timedelta
from typing import Any, Final

from portals.agent.audit.facts import facts_of, facts_of_texts
from portals.agent.to_check.page import sentence_of
from portals.kit.formats import PARIS
from portals.kit.gateway import GatewayDown, GatewayProblem, Json, Parameters
from portals.kit.records import path_part
from portals.kit.visit import Visit

FAILED: Final[Json] = {"failed": True}
PAYMENTS_SHOWN: Final = 6
DAYS_COUNTED: Final = 7
ROWS_SHOWN: Final = 6
ALERTS_READ: Final = 100
STORES_COUNTED: Final = 8
COMPANIES_SHOWN: Final = 3
CHANGES_SINCE: Final = timedelta(days=365)
"""How far back a journal is asked for changes: without a beginning it tells of its last month alone."""


async def section(visit: Visit, path: str, parameters: Parameters = (), *, right: str) -> Json | None:
    """Return what a section tells."""
    # Whoever lacks the right is not asked for: the audit would tell of a refusal that nobody sought.
    if not visit.may(right):
        return None
    try:
        return await visit.gateway.get(path, parameters)
    except GatewayProblem as problem:
        if problem.status == 401:
            raise
        return None if problem.status in (403, 404) else FAILED
    except GatewayDown:
        return FAILED


async def payments(visit: Visit, kind: str, record_id: str) -> Json | None:
    """Return the newest payments of a store or a terminal, and its figures of the last days."""
    of = (kind, path_part(record_id))
    newest, figures = await asyncio.gather(
        section(visit, "/v1/transactions", [of, ("limit", str(PAYMENTS_SHOWN))], right="transactions.read"),
        _figures(visit, of),
    )
    return newest if newest is None or newest is FAILED else {**newest, "figures": figures or {}}


async def payments_by_store(visit: Visit, stores: list[Json]) -> dict[str, Json]:
    """Return store -> its figures of the last days, of the first stores of a company."""
    counted = stores[:STORES_COUNTED]
    found = await asyncio.gather(*(_figures(visit, ("store", store["id"])) for store in counted))
    return {store["id"]: one for store, one in zip(counted, found, strict=True) if one and one is not FAILED}


async def _figures(visit: Visit, of: tuple[str, str]) -> Json | None:
    # The days of the list that the figures lead to.
    midnight = visit.now.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (midnight - timedelta(days=DAYS_COUNTED - 1)).astimezone(UTC)
    return await section(
        visit, "/v1/counters", [of, ("from", f"{since:%Y-%m-%dT%H:%M:%SZ}")], right="transactions.read"
    )


async def requests(visit: Visit, kind: str, record_id: str) -> Json | None:
    """Return the open requests about a company or a store, late ones first."""
    of = [("box", "all"), (kind, path_part(record_id)), ("limit", str(ROWS_SHOWN))]
    return await section(visit, "/v1/requests", of, right="requests.use")


async def alerts(visit: Visit) -> Json | None:
    """Return the alerts that stand, for `about` to choose from."""
    return await section(visit, "/v1/alerts", [("limit", str(ALERTS_READ))], right="alerts.read")


def about(standing: Json | None, record_ids: Collection[str]) -> Json | None:
    """Return the alerts about any of these records; with `next_cursor`, there may be more than were read."""
    if standing is None or standing is FAILED:
        return standing
    return {**standing, "data": [alert for alert in standing["data"] if alert["subject"] in record_ids]}


async def matters(visit: Visit, kind: str, record_id: str) -> Json | None:
    """Return what waits for a person to look at there, with its sentence and how many there are."""
    of = [(kind, path_part(record_id)), ("limit", str(ROWS_SHOWN))]
    listed = await section(visit, "/v1/host-matters", of, right="transactions.read")
    if listed is None or listed is FAILED:
        return listed
    data = [{**one, "sentence": sentence_of(visit.words, one)} for one in listed["data"]]
    return {**listed, "data": data, "count": sum(listed["counts"].values())}


async def contracts(visit: Visit, company_id: str) -> Json | None:
    """Return the newest contracts of a company."""
    of = [("company", path_part(company_id)), ("limit", str(ROWS_SHOWN))]
    return await section(visit, "/v1/contracts", of, right="contracts.read")


async def documents(visit: Visit, company_id: str) -> Json | None:
    """Return the documents of a company, newest first."""
    return await section(visit, "/v1/documents", [("company", path_part(company_id))], right="directory.read")


async def company(visit: Visit, company_id: str) -> Json:
    """Return the company of a store; nothing where it cannot be read."""
    return await section(visit, f"/v1/companies/{path_part(company_id)}", right="directory.read") or {}


async def changes(visit: Visit, record_id: str, *, has_journal: bool = False) -> Json | None:
    """Return the last changes of a record with who made them: from its journal, else from the audit.

    A journal tells of what the record holds too, its services and terminals; the audit of the record alone. So it is
    asked first, or whoever may read most would see least.
    """
    of = path_part(record_id)
    listed: Json | None = None
    if has_journal:
        of_acts = [
            ("kinds", "change,block,action"),
            ("from", f"{visit.now.astimezone(UTC) - CHANGES_SINCE:%Y-%m-%dT%H:%M:%SZ}"),
            ("limit", str(ROWS_SHOWN)),
        ]
        listed = await section(visit, f"/v1/journals/{of}", of_acts, right="journals.read")
    if listed is None:
        listed = await section(
            visit, "/v1/audit", [("target", of), ("limit", str(ROWS_SHOWN))], right="audit.read"
        )
    if listed is None or listed is FAILED:
        return listed
    closed = set[str](listed.get("closed") or ())
    return {
        "data": [_change(visit, one, closed) for one in listed["data"]],
        "from_journal": "subject" in listed,
    }


def _change(visit: Visit, told: Json, closed: set[str]) -> dict[str, Any]:
    """Return one row of the audit or of a journal as both are shown."""
    words, journalled = visit.words, "code" in told
    kind = str(told["code"] if journalled else told["kind"])
    word = words.get(f"action_kind.{kind}", kind)
    return {
        "at": told["at"],
        "by": (told.get("by") if journalled else told["agent"]) or {},
        "word": words.get(f"journal.code.{kind.replace('.', '_')}", word) if journalled else word,
        "facts": facts_of_texts(words, told["facts"], closed)
        if journalled
        else facts_of(words, told["facts"], told.get("names"), closed),
    }


def together(told: list[Json | None], *, left_out: int = 0) -> Json | None:
    """Return one section of several of its kind, such as those of the companies of an account.

    `left_out`: how many of them were not read. What is not here is then no more said to be nowhere, nor all counted.
    """
    read = [one for one in told if one is not None]
    if not read or FAILED in read:
        return FAILED if read else None
    more = left_out > 0 or any(one.get("next_cursor") for one in read)
    rows = [row for one in read for row in one["data"]]
    return {"data": rows, "next_cursor": "more" if more else None, "left_out": left_out}
