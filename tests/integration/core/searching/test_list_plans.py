"""On an analysed estate the lists of the directory read by their indexes, and narrow lists say what wide ones say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from core.contracts.scope import EVERYTHING, Area, Scope
from core.contracts.terminals import ListTerminals
from core.db.queries import load
from core.terminals.assigning import store as assigning
from core.terminals.assigning.store import list_terminals
from tests.integration.core.searching.plans import NOW, indexes_of

audit, directory, merchants, terminals, wall, silence = (
    load(Path(f"core/{folder}/queries.sql"))
    for folder in (
        "identity/administration/audit",
        "merchants/directory",
        "merchants",
        "terminals/assigning",
        "terminals/wall",
        "terminals/silence",
    )
)
NOBODY = UUID(int=0)
FIRST = ("", NOBODY, 51)
LOZERE = Scope((Area(departments=("48",)),))
PLACES: tuple[list[str], list[UUID], list[UUID]] = (["48"], [], [])


async def test_lists_of_the_whole_country_are_read_in_their_order(estate: asyncpg.Connection) -> None:
    everything = EVERYTHING.parameter()
    for statement, values, index in (
        (directory.search_companies, (everything, "", *FIRST), "company_name"),
        (directory.search_accounts, (everything, "", *FIRST), "account_name"),
        (merchants.search_stores, FIRST, "store_name"),
        (
            terminals.list_terminals,
            (everything, True, None, "", 51, None, None, None, NOW, NOW),
            "terminal_terminal_key",
        ),
    ):
        used, whole = await indexes_of(estate, statement, *values)
        assert index in used
        assert not whole & {"company", "account", "store", "terminal", "terminal_presence"}


async def test_lists_of_a_department_begin_with_its_places(estate: asyncpg.Connection) -> None:
    area = LOZERE.parameter()
    for statement, values, indexes in (
        (
            directory.search_companies_of_places,
            (area, "", *FIRST, *PLACES),
            {"company_department", "store_department"},
        ),
        (
            directory.search_accounts_of_places,
            (area, "", *FIRST, *PLACES),
            {"company_department", "store_department"},
        ),
        (merchants.search_stores_of_places, (*FIRST, "", [], *PLACES), {"store_department"}),
        (
            terminals.list_terminals_of_places,
            (area, False, None, "", 51, None, None, None, NOW, NOW, *PLACES, ""),
            {"store_department", "terminal_store"},
        ),
        (
            silence.silent_lately_of_places,
            (area, NOW - timedelta(hours=24), NOW, NOW, 8, *PLACES),
            {"store_department", "terminal_store"},
        ),
        (
            wall.wall_by_store,
            (area, False, "48", None, NOW, NOW, 201, *PLACES),
            {"store_department", "terminal_store"},
        ),
    ):
        used, whole = await indexes_of(estate, statement, *values)
        assert indexes <= used
        assert not whole & {"store", "terminal", "terminal_presence"}


async def test_lists_of_many_stores_are_read_in_the_order_of_names(estate: asyncpg.Connection) -> None:
    area = Scope((Area(departments=("75",)),)).parameter()
    for statement, values, index in (
        (directory.search_companies_of_many, (area, "", *FIRST, ["75"], [], []), "company_name"),
        (directory.search_accounts_of_many, (area, "", *FIRST, ["75"], [], []), "account_name"),
    ):
        used, whole = await indexes_of(estate, statement, *values)
        assert index in used
        assert not whole & {"company", "account"}
    used, whole = await indexes_of(estate, merchants.stores_up_to, ["75"], 1_501)
    assert "store_department" in used
    assert not whole


async def test_a_department_of_many_stores_lists_the_same_terminals(
    estate: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = Scope((Area(departments=("75",)),))
    for wanted in (
        ListTerminals(),
        ListTerminals(condition="never_seen"),
        ListTerminals(service="fractional"),
    ):
        few = await list_terminals(estate, scope, wanted, limit=500, now=NOW)
        with monkeypatch.context() as patched:
            patched.setattr(assigning, "FEW_STORES_MAX", 3)
            assert await list_terminals(estate, scope, wanted, limit=500, now=NOW) == few
        assert few or wanted != ListTerminals()


async def test_lists_of_many_stores_say_what_lists_of_few_say(estate: asyncpg.Connection) -> None:
    other = await estate.fetchrow("SELECT id, company_id FROM store WHERE department = '48' LIMIT 1")
    third: UUID = (await estate.fetch("SELECT id FROM company WHERE department = '2A' LIMIT 1"))[0]["id"]
    assert other is not None
    scope = Scope(
        (Area(departments=("75", "69")), Area(stores=(other["id"].bytes,)), Area(companies=(third.bytes,)))
    )
    for few, many in (
        (directory.search_companies_of_places, directory.search_companies_of_many),
        (directory.search_accounts_of_places, directory.search_accounts_of_many),
    ):
        for words in ("", "%dupont%", "%paris%"):
            parameters = (scope.parameter(), words, "", NOBODY, 10_000, *scope.places().named)
            listed_few = await estate.fetch(few, *parameters)
            assert await estate.fetch(many, *parameters) == listed_few
            assert listed_few or words


async def test_the_stores_of_places_are_those_of_the_scope(estate: asyncpg.Connection) -> None:
    (row,) = await estate.fetch("SELECT company_id FROM store WHERE department = '48' LIMIT 1")
    company: UUID = row["company_id"]
    scope = Scope((Area(departments=("75",)), Area(companies=(company.bytes,))))
    expected = await estate.fetch(
        "SELECT id FROM store WHERE department = '75' OR company_id = $1 ORDER BY name, id", company
    )
    found = await estate.fetch(
        merchants.search_stores_of_places, "", NOBODY, 10_000, "", [], *scope.places().named
    )
    assert [row["id"] for row in found] == [row["id"] for row in expected]


async def test_the_audit_of_a_department_looks_places_up_by_their_keys(estate: asyncpg.Connection) -> None:
    unfiltered = (None, "", "", None, None, None, "", None, 51)
    used, whole = await indexes_of(estate, audit.actions, False, LOZERE.parameter(), *unfiltered)
    assert {"store_pkey", "store_company", "service_pkey", "terminal_pkey"} <= used
    assert not whole & {"store", "service", "terminal"}


async def test_terminals_are_found_by_words_with_their_trigrams(estate: asyncpg.Connection) -> None:
    values = (EVERYTHING.parameter(), True, None, "", 51, None, None, None, NOW, NOW, "%e00012%")
    used, _ = await indexes_of(estate, terminals.list_terminals_with_words, *values)
    assert {"terminal_number_words", "terminal_store"} <= used


async def test_what_a_terminal_is_costs_no_call_for_each_row(estate: asyncpg.Connection) -> None:
    everything = EVERYTHING.parameter()
    for statement, values in (
        (terminals.list_terminals, (everything, True, None, "", 51, None, None, "silent", NOW, NOW)),
        (wall.wall_of_country, (NOW, NOW)),
    ):
        assert "terminal_condition(" in statement
        plan = await estate.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}", *values)
        assert "terminal_condition" not in str(plan)


async def test_a_department_lists_what_the_country_lists_there(estate: asyncpg.Connection) -> None:
    wanted = ListTerminals(department="48")
    of_country = await list_terminals(estate, EVERYTHING, wanted, limit=500, now=NOW)
    of_department = await list_terminals(estate, LOZERE, ListTerminals(), limit=500, now=NOW)
    assert of_country
    assert of_department == of_country
    town = of_country[0].store.name.rsplit(" ", 1)[1]
    named = await list_terminals(estate, LOZERE, ListTerminals(query=town.upper()), limit=500, now=NOW)
    everywhere = await list_terminals(
        estate, EVERYTHING, ListTerminals(query=town.upper(), department="48"), limit=500, now=NOW
    )
    assert named
    assert named == everywhere
