"""One search over everything that the caller may see."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeAlias, cast

import asyncpg

from core.contracts.references import Money, StateName
from core.contracts.scope import Scope
from core.contracts.searching import (
    HITS_PER_GROUP,
    SearchEverything,
    SearchGroup,
    SearchHit,
    SearchKind,
    SearchMatch,
    SearchResults,
)
from core.contracts.states import Kind, State
from core.db.rows import Connection
from core.identity.api import NotPermitted, Permission, SignedIn
from core.searching import store
from core.searching.rules import Reading, may_be_misspelt, read_query
from core.values.clock import Clock
from core.values.ids import encode_id, rrn_of
from core.values.timestamps import timestamp

PERMISSIONS: Final[dict[SearchKind, Permission]] = {
    "company": Permission.DIRECTORY_READ,
    "store": Permission.DIRECTORY_READ,
    "terminal": Permission.DIRECTORY_READ,
    "account": Permission.DIRECTORY_READ,
    "contact": Permission.DIRECTORY_READ,
    "contract": Permission.CONTRACTS_READ,
    "request": Permission.REQUESTS_USE,
    "transaction": Permission.TRANSACTIONS_READ,
    "agent": Permission.AGENTS_READ,
}
"""What each kind asks for, in the order in which groups are shown."""

# Beyond this, what is left is not looked for: an agent at the phone is better served by part of an answer.
BUDGET_S: Final = 0.4
_QUERY_CHARACTERS_MIN: Final = 2

Statement: TypeAlias = Coroutine[Any, Any, list[asyncpg.Record]]
"""Rows on their way."""


class SearchHandlers:
    """Operations on the search."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def search(self, caller: SignedIn, request: SearchEverything) -> SearchResults:
        """Return the best of every kind that the caller may read. Raises: NotPermitted, when there is none."""
        scopes: dict[SearchKind, Scope] = {
            kind: caller.scope_of(need) for kind, need in PERMISSIONS.items() if caller.may(need)
        }
        if not scopes:
            raise NotPermitted(Permission.DIRECTORY_READ.value)
        query = request.query.strip()
        if len(query) < _QUERY_CHARACTERS_MIN:
            return SearchResults(query, [])
        reading = read_query(query)
        transactions = scopes.pop("transaction", None)
        directory, payments = await asyncio.gather(
            _Search(self._pool, scopes, query, reading).groups(),
            self._transactions(transactions, query, reading),
        )
        groups = [*directory, *payments]
        order = list(PERMISSIONS)
        shown = sorted((g for g in groups if g.data), key=lambda g: (_is_inexact(g), order.index(g.kind)))
        return SearchResults(query, shown, partial=any(group.partial for group in groups))

    async def _transactions(self, scope: Scope | None, query: str, reading: Reading) -> list[SearchGroup]:
        if scope is None or not reading.is_about_transactions:
            return []
        async with store.searching(self._pool, query) as (connection, _words):
            rows = await _in_time(
                store.transactions(
                    connection, scope, reading, limit=HITS_PER_GROUP + 1, now=self._clock.now()
                )
            )
        if rows is None:
            return [SearchGroup("transaction", [], partial=True)]
        hits = [_transaction_of(row) for row in rows[:HITS_PER_GROUP]]
        return [SearchGroup("transaction", hits, more=len(rows) > HITS_PER_GROUP)]


Part: TypeAlias = tuple[Scope, store.Narrow, Sequence[SearchKind]]
"""Kinds that share a scope, with what narrows it."""


class _Search:
    """One search of the directory: identifiers first, then words, then likeness where words found nothing."""

    def __init__(
        self, pool: asyncpg.Pool, scopes: dict[SearchKind, Scope], query: str, reading: Reading
    ) -> None:
        self._pool = pool
        self._scopes = scopes
        self._query = query
        self._reading = reading
        self._give_up_at = time.monotonic() + BUDGET_S
        self._groups: dict[SearchKind, SearchGroup] = {kind: SearchGroup(kind, []) for kind in scopes}

    async def groups(self) -> list[SearchGroup]:
        """Return a group for each kind, empty ones too."""
        if not self._scopes:
            return []
        async with store.searching(self._pool, self._query) as (connection, words):
            await self._add_identified(connection)
            exact = any(group.data for group in self._groups.values())
            # Digits that are an identifier, or a public id, mean nothing else: words would find them once more.
            if self._reading.direct is not None or (exact and not any(one.isalpha() for one in words)):
                words = ""
            if words:
                parts = [
                    (scope, await store.narrow_of(connection, scope), kinds)
                    for scope, kinds in self._kinds_by_scope().items()
                ]
                for part in parts:
                    await self._add_words(connection, *part, words)
                if not exact and may_be_misspelt(words):
                    await self._add_alike(connection, parts, words)
        return list(self._groups.values())

    def _kinds_by_scope(self) -> dict[Scope, list[SearchKind]]:
        # Kinds of one permission share a scope: two or three statements, not eight.
        by_scope: dict[Scope, list[SearchKind]] = {}
        for kind, scope in self._scopes.items():
            by_scope.setdefault(scope, []).append(kind)
        return by_scope

    async def _add_identified(self, connection: Connection) -> None:
        for scope, kinds in self._kinds_by_scope().items():
            statement = store.by_identifier(connection, scope, kinds, self._reading, limit=HITS_PER_GROUP + 1)
            await self._add(statement, kinds, "identifier")

    async def _add_words(
        self,
        connection: Connection,
        scope: Scope,
        narrow: store.Narrow,
        kinds: Sequence[SearchKind],
        words: str,
    ) -> None:
        asked: list[SearchKind] = [kind for kind in kinds if len(self._groups[kind].data) < HITS_PER_GROUP]
        if asked:
            statement = store.by_words(connection, scope, narrow, asked, words, limit=HITS_PER_GROUP + 1)
            await self._add(statement, asked, "words")

    async def _add_alike(self, connection: Connection, parts: Sequence[Part], words: str) -> None:
        # What is less alike is asked for only when nothing is more so: it is much, and slower to tell apart.
        for likeness in store.LIKENESSES:
            await store.ask_likeness(connection, likeness)
            for part in parts:
                await self._add_likeness(connection, *part, words)
            if any(hit.match == "similar" for group in self._groups.values() for hit in group.data):
                return

    async def _add_likeness(
        self,
        connection: Connection,
        scope: Scope,
        narrow: store.Narrow,
        kinds: Sequence[SearchKind],
        words: str,
    ) -> None:
        empty = {kind for kind in kinds if not self._groups[kind].data and not self._groups[kind].partial}
        # Stores are the most: what takes too long among them takes nothing from the others.
        stores: list[SearchKind] = ["store"] if "store" in empty else []
        others: list[SearchKind] = [kind for kind in kinds if kind in empty and kind != "store"]
        for asked in (others, stores):
            if asked:
                statement = store.by_likeness(connection, scope, narrow, asked, words, limit=HITS_PER_GROUP)
                await self._add(statement, asked, "similar")

    async def _add(self, statement: Statement, kinds: Sequence[SearchKind], match: SearchMatch) -> None:
        rows = await self._run(statement)
        if rows is None:
            for kind in kinds:
                self._groups[kind].partial = True
        for row in rows or []:
            self._put(row["kind"], row, match)

    def _put(self, kind: SearchKind, row: asyncpg.Record, match: SearchMatch) -> None:
        group = self._groups[kind]
        target = encode_id(kind, row["target_id"].bytes)
        if any(hit.id == target for hit in group.data):
            return
        if len(group.data) >= HITS_PER_GROUP:
            group.more = True
            return
        within = _place_of(row) if kind == "contact" else None
        group.data.append(SearchHit(kind, target, row["title"], row["detail"], match, within=within))

    async def _run(self, statement: Statement) -> list[asyncpg.Record] | None:
        if time.monotonic() > self._give_up_at:
            statement.close()
            return None
        return await _in_time(statement)


async def _in_time(statement: Statement) -> list[asyncpg.Record] | None:
    """Return rows, or None when PostgreSQL gave up at the bound."""
    try:
        return await statement
    except asyncpg.QueryCanceledError:
        return None


def _place_of(row: asyncpg.Record) -> str | None:
    if row["store_id"] is not None:
        return encode_id("store", row["store_id"].bytes)
    return None if row["company_id"] is None else encode_id("company", row["company_id"].bytes)


def _is_inexact(group: SearchGroup) -> bool:
    return group.data[0].match not in ("identifier", "reference")


def _transaction_of(row: asyncpg.Record) -> SearchHit:
    raw = row["id"].bytes
    return SearchHit(
        kind="transaction",
        id=encode_id("transaction", raw),
        title=rrn_of(raw),
        detail=" · ".join(part for part in (row["store_name"], row["terminal"]) if part),
        match=row["match"],
        amount=Money(row["amount_minor"], row["currency"]),
        gives_back=row["kind"] == Kind.REFUND,
        state=cast("StateName", State(row["state"]).name.lower()),
        at=timestamp(row["received_at"]),
        time_zone=row["time_zone"] or "",
    )
