"""On an analysed estate the search and the lists read by their indexes, and narrow lists say what wide ones say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.reasons import Reason
from core.contracts.scope import EVERYTHING, Area, Scope
from core.contracts.states import State
from core.contracts.transaction_filter import TransactionFilter
from core.searching import store as searching
from core.searching.store import copy_keys
from core.searching.store import queries as search
from core.transactions.desk.store import list_transactions
from core.transactions.desk.store import queries as desk
from deploy.sandbox.demonstration.numbers import is_valid
from tests.integration.core.searching.plans import MERCHANTS, NOW, TERMINALS, TRANSACTIONS, indexes_of, nodes


async def test_the_estate_is_what_it_says(estate: asyncpg.Connection) -> None:
    assert await estate.fetchval("SELECT count(*) FROM attempt") == TRANSACTIONS
    assert await estate.fetchval("SELECT count(DISTINCT department) FROM store") == 101
    assert all(is_valid(row["siren"]) for row in await estate.fetch("SELECT siren FROM company LIMIT 500"))
    assert all(is_valid(row["siret"]) for row in await estate.fetch("SELECT siret FROM store LIMIT 500"))
    unbalanced = await estate.fetchval(
        "SELECT count(*) FROM (SELECT FROM ledger_entry GROUP BY attempt_id, operation, layer"
        " HAVING sum(amount_minor) <> 0) AS u"
    )
    assert unbalanced == 0
    assert await estate.fetchval("SELECT sum(transactions) FROM activity_minute") == TRANSACTIONS
    counted = await estate.fetch("SELECT kind, count(*)::int AS n FROM search_entry GROUP BY kind")
    assert {row["kind"]: row["n"] for row in counted} == {
        "account": MERCHANTS * 4 // 5,
        "company": MERCHANTS,
        "store": MERCHANTS + MERCHANTS // 6,
        "terminal": TERMINALS,
    }


_ANYWHERE = (True, None, None, None, None)


async def test_words_are_read_by_their_trigrams(estate: asyncpg.Connection) -> None:
    scope = EVERYTHING.parameter()
    by_words = (scope, ["store"], "% zimm%", "% lyon%", "%", "%", 1000, " zimm lyon%", 9, *_ANYWHERE)
    used, _ = await indexes_of(estate, search.found_by_words, *by_words)
    assert "search_entry_store_words_idx" in used
    used, whole = await indexes_of(
        estate, search.found_by_likeness, scope, ["company"], "boulangerie dupnot", 200, 8
    )
    assert "search_entry_company_names_idx" in used
    assert "search_entry_company" not in whole


async def test_likeness_is_asked_in_a_narrow_scope_of_its_own_rows_alone(estate: asyncpg.Connection) -> None:
    row = await estate.fetchrow("SELECT id, company_id FROM store WHERE department = '48' LIMIT 1")
    assert row is not None
    scope = Scope((Area(stores=(row["id"].bytes,)), Area(departments=("2A",))))
    narrow = await searching.narrow_of(estate, scope)
    assert narrow.companies == [row["company_id"]]
    plan = await estate.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {search.found_by_likeness_of_places}",
        *(scope.parameter(), ["store"], "boulangerie dupnot", 1_500, 8, *narrow[1:]),
    )
    tables = {node.get("Relation Name") for node in nodes(json.loads(str(plan))[0]["Plan"])}
    assert "search_entry_store" in tables
    assert not tables & {"search_entry_company", "search_entry_terminal"}


async def test_a_narrow_scope_finds_by_likeness_what_the_country_finds_there(
    estate: asyncpg.Connection,
) -> None:
    found = await estate.fetch(
        "SELECT DISTINCT department FROM store WHERE name LIKE 'Boulangerie %' ORDER BY 1 LIMIT 3"
    )
    departments = tuple(row["department"] for row in found)
    scope = Scope((Area(departments=departments),))
    kinds, words = ["company", "store", "account"], "boulangrie"
    anywhere = await searching.narrow_of(estate, EVERYTHING)
    of_country = await searching.by_likeness(estate, scope, anywhere, kinds, words, limit=50)
    narrow = await searching.narrow_of(estate, scope)
    assert await searching.by_likeness(estate, scope, narrow, kinds, words, limit=50) == of_country
    assert {row["kind"] for row in of_country} >= {"company", "store"}


async def test_the_companies_of_a_store_are_found_by_their_keys(estate: asyncpg.Connection) -> None:
    store_id = await estate.fetchval("SELECT id FROM store LIMIT 1")
    used, whole = await indexes_of(estate, search.owners_of_places, [store_id], [])
    assert {"store_pkey", "company_pkey"} <= used
    assert not whole


async def test_identifiers_are_read_by_their_index(estate: asyncpg.Connection) -> None:
    used, whole = await indexes_of(
        estate,
        search.found_by_identifier,
        EVERYTHING.parameter(),
        ["company", "store", "terminal"],
        ["E0000077"],
        9,
        None,
        None,
    )
    assert "search_entry_terminal_identifiers_idx" in used
    assert not {table for table in whole if table.startswith("search_entry")} - {
        "search_entry_account",
        "search_entry_agent",
        "search_entry_contact",
        "search_entry_contract",
        "search_entry_request",
    }


async def test_keys_are_read_by_their_indexes(estate: asyncpg.Connection) -> None:
    used, whole = await indexes_of(
        estate, search.transactions_by_key, EVERYTHING.parameter(), "1234", 77, "A00077", 1250, 1000, 60000, 9
    )
    assert {
        "attempt_key_last_four",
        "attempt_key_stan",
        "attempt_key_approval",
        "attempt_key_amount",
    } <= used
    assert "attempt_key" not in whole


NO_FILTER = (None,) * 10
LOW, HIGH = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


async def test_the_newest_transactions_are_read_backwards_without_sorting(estate: asyncpg.Connection) -> None:
    text = await estate.fetchval(
        f"EXPLAIN (FORMAT JSON) {desk.list_transactions}",
        EVERYTHING.parameter(),
        LOW,
        HIGH,
        *NO_FILTER,
        51,
        None,
    )
    found = list(nodes(json.loads(str(text))[0]["Plan"]))
    assert "Sort" not in {node["Node Type"] for node in found}
    assert {n.get("Scan Direction") for n in found if n.get("Relation Name", "").startswith("attempt_2")} == {
        "Backward"
    }


async def test_the_transactions_of_few_stores_are_read_by_store(estate: asyncpg.Connection) -> None:
    stores = [row["id"] for row in await estate.fetch("SELECT id FROM store WHERE department = '48'")]
    assert stores
    used, whole = await indexes_of(
        estate,
        desk.list_transactions_of_stores,
        Scope((Area(departments=("48",)),)).parameter(),
        LOW,
        HIGH,
        *NO_FILTER,
        51,
        None,
        stores,
        False,
    )
    assert "attempt_key_store" in used
    assert "attempt_key" not in whole


async def test_declines_are_listed_by_the_index_of_their_reasons(estate: asyncpg.Connection) -> None:
    filters = (None, None, int(Reason.ISSUER_UNAVAILABLE), *(None,) * 7)
    for scope in (EVERYTHING, Scope((Area(departments=("75",)),))):
        used, whole = await indexes_of(
            estate, desk.list_transactions_by_key, scope.parameter(), LOW, HIGH, *filters, 51, None, True
        )
        assert "attempt_key_reason" in used
        assert "attempt_key" not in whole


async def listed(connection: asyncpg.Connection, scope: Scope, wanted: TransactionFilter) -> list[Any]:
    """Return the ids of every page."""
    found: list[Any] = []
    before = None
    while True:
        rows = await list_transactions(connection, scope, wanted, before=before, limit=40, now=NOW)
        found += [row["id"] for row in rows]
        if len(rows) < 40:
            return found
        before = rows[-1]["id"].bytes


async def test_a_narrow_list_is_whole_and_in_order(estate: asyncpg.Connection) -> None:
    expected = await estate.fetch(
        "SELECT a.id FROM attempt a JOIN store s ON s.id = a.store_id"
        " WHERE s.department = ANY('{48,2A}') ORDER BY a.id DESC"
    )
    assert len(expected) > 80
    scope = Scope((Area(departments=("48", "2A")),))
    assert await listed(estate, scope, TransactionFilter()) == [row["id"] for row in expected]
    busy = await estate.fetchrow(
        "SELECT store_id, count(*) AS n FROM attempt GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    assert busy is not None
    of_store = await listed(estate, EVERYTHING, TransactionFilter(store_id=busy["store_id"].bytes))
    assert len(of_store) == busy["n"]
    assert await listed(estate, Scope(), TransactionFilter()) == []


async def test_a_list_of_declines_is_whole_before_and_after_its_keys_are_copied(
    estate: asyncpg.Connection,
) -> None:
    reasons = await estate.fetch("SELECT DISTINCT reason FROM attempt")
    asked = [TransactionFilter(reason=row["reason"]) for row in reasons]
    asked += [TransactionFilter(states=(int(State.DECLINED),)), TransactionFilter(reason=Reason.LOST_CARD)]
    busy = await estate.fetchval("SELECT store_id FROM attempt GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    statement = (
        "SELECT id FROM attempt WHERE (reason = $1 OR state = $2) AND ($3::uuid IS NULL OR store_id = $3)"
        " ORDER BY id DESC"
    )
    transaction = estate.transaction()
    await transaction.start()
    middle = await estate.fetchval("SELECT id FROM attempt ORDER BY id OFFSET 6000 LIMIT 1")
    for keys_are_copied in (True, False):
        if not keys_are_copied:
            await estate.execute("DELETE FROM attempt_key WHERE attempt_id > $1", middle)
            await estate.execute("UPDATE key_position SET attempt_id = $1", middle)
        for wanted in asked:
            for store in (None, busy):
                expected = await estate.fetch(
                    statement, wanted.reason, wanted.states and wanted.states[0], store
                )
                narrowed = msgspec.structs.replace(wanted, store_id=store and store.bytes)
                assert await listed(estate, EVERYTHING, narrowed) == [row["id"] for row in expected]
    assert await copy_keys(estate, datetime.now(UTC)) == TRANSACTIONS - 6001
    assert await estate.fetchval("SELECT count(*) FROM attempt_key WHERE decline_reason <> 0") == (
        await estate.fetchval("SELECT count(*) FROM attempt WHERE state = $1", int(State.DECLINED))
    )
    await transaction.rollback()


async def test_a_list_by_a_receipts_key_is_whole_before_and_after_its_keys_are_copied(
    estate: asyncpg.Connection,
) -> None:
    common = await estate.fetchrow(
        "SELECT card_last_four, count(*) AS n FROM attempt GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    assert common is not None
    wanted = TransactionFilter(last_four=common["card_last_four"])
    transaction = estate.transaction()
    await transaction.start()
    whole = await listed(estate, EVERYTHING, wanted)
    assert len(whole) == common["n"]
    middle = await estate.fetchval("SELECT id FROM attempt ORDER BY id OFFSET 6000 LIMIT 1")
    await estate.execute("DELETE FROM attempt_key WHERE attempt_id > $1", middle)
    await estate.execute("UPDATE key_position SET attempt_id = $1", middle)
    assert await listed(estate, EVERYTHING, wanted) == whole
    assert await copy_keys(estate, datetime.now(UTC)) == TRANSACTIONS - 6001
    assert await copy_keys(estate, datetime.now(UTC)) == 0
    assert await listed(estate, EVERYTHING, wanted) == whole
    assert await estate.fetchval("SELECT count(*) FROM attempt_key") == TRANSACTIONS
    await transaction.rollback()


async def test_a_person_of_one_store_finds_it_among_hundreds_of_the_same_words(
    estate: asyncpg.Connection,
) -> None:
    # The last of its trade in the order of the table: among the first candidates of the country it is not.
    (row,) = await estate.fetch(
        "SELECT id FROM store WHERE name LIKE 'Boulangerie %' ORDER BY ctid DESC LIMIT 1"
    )
    store_id: UUID = row["id"]
    scope = Scope((Area(stores=(store_id.bytes,)),))
    narrow = await searching.narrow_of(estate, scope)
    found = await searching.by_words(estate, scope, narrow, ["store"], "boulangerie", limit=9)
    assert [row["target_id"] for row in found] == [store_id]
    companies = await searching.by_words(estate, scope, narrow, ["company"], "", limit=9)
    assert [row["target_id"] for row in companies] == [
        await estate.fetchval("SELECT company_id FROM store WHERE id = $1", store_id)
    ]
