"""Everything that the code can write into the audit has words in both languages, and its facts read as sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.contracts.agreements import Limits
from core.contracts.merchants import CompanyFields, ContactFields, StoreFields
from core.contracts.operations import AUDITED as KINDS
from core.contracts.supervision import RuleTerms
from core.contracts.terminals import TerminalOptions
from core.contracts.transaction_filter import TransactionQuery
from core.merchants.agreements.services.rules import OPTION_RULES
from core.values.ids import PREFIXES
from portals.agent.addresses import FOLDERS, kind_of, page_of
from portals.agent.audit.facts import TABLES, Fact, facts_of, facts_of_texts
from portals.kit.i18n import LOCALES, load_words
from tests.support.audited import CHANGES, FILTER, SERVICE_FACTS, TERMINAL_OPTIONS, TERMS, audited
from tests.support.recorded import fact_names, sites, texts
from tests.unit.portals.closed_sets import CLOSED, names_of, prefixes_of

_WORDS = load_words()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_of_action_has_words_and_a_group_to_filter_by(locale: str) -> None:
    words = _WORDS[locale].under("action_kind")
    assert KINDS - words.keys() == set()
    assert {kind.split(".")[0] for kind in KINDS} == _WORDS[locale].under("action_group").keys()


def test_no_words_are_kept_for_a_kind_that_nothing_writes() -> None:
    assert _WORDS["fr"].under("action_kind").keys() - KINDS == set()


def test_what_the_code_writes_is_what_operations_declare() -> None:
    assert {kind for site in sites() for kind in texts(site, "kind")} == KINDS


@pytest.mark.parametrize("locale", LOCALES)
def test_every_target_and_fact_of_an_action_has_words(locale: str) -> None:
    targets = {kind for site in sites() for kind in texts(site, "target_kind")}
    assert (targets | FOLDERS.keys()) - _WORDS[locale].under("target_kind").keys() == set()
    facts = {name for site in sites() for name in fact_names(site)}
    assert facts - _WORDS[locale].under("action_fact").keys() == set()


def test_every_record_with_a_page_is_known_by_its_prefix() -> None:
    assert {kind: kind_of(f"{PREFIXES[kind]}_01j") for kind in FOLDERS} == {kind: kind for kind in FOLDERS}
    assert page_of("alert_rule", "rul_01j") == "/alerts/rules/rul_01j"
    assert page_of("view", "viw_01j") == page_of("store", None) == kind_of("viw_01j") == ""


def test_facts_read_as_words_money_days_and_links() -> None:
    store = "sto_01j00000000000000000000000"
    facts = {
        "amount_minor": 125_050,
        "currency": "EUR",
        "is_new": True,
        "company": store,
        "effective_on": "2026-11-22",
        "changes": {"name": ["Ondine", "Ondine Lille"]},
        "code": "not_permitted",
        "reason": "",
    }
    assert facts_of(_WORDS["fr"], facts) == [
        Fact("montant", "1\u202f250,50\u00a0€"),
        Fact("nouvel agent", "oui"),
        Fact("société", "Magasin", f"/stores/{store}"),
        Fact("dès le", "22\u00a0nov.\u00a02026"),
        Fact("changements · nom", "Ondine → Ondine Lille"),
        Fact("code", "not_permitted", code=True),
    ]


@pytest.mark.parametrize(
    ("locale", "name", "value", "label", "text"),
    [
        ("fr", "tip", "no → yes", "Pourboire", "non → oui"),
        ("en", "tip", "no → yes", "Tip", "no → yes"),
        ("fr", "effective_on", "2026-11-28 → 2026-12-01", "dès le", "28\xa0nov.\xa02026 → 1\xa0déc.\xa02026"),
    ],
)
def test_what_was_before_and_after_is_read_in_words(
    locale: str, name: str, value: str, label: str, text: str
) -> None:
    assert facts_of(_WORDS[locale], {name: value}) == [Fact(label, text)]


def test_a_journal_reads_what_has_parts_as_the_audit_does() -> None:
    texts = {
        "changes": '{"time_zone": ["Europe/Paris", "America/Guadeloupe"]}',
        "permissions": '["audit.read"]',
        "before_minor": "50000",
        "after": '{"site": "' + "x" * 490,
        "reason": "[urgent] vu avec le magasin",
    }
    assert [(fact.label, fact.text) for fact in facts_of_texts(_WORDS["fr"], texts)] == [
        ("changements · Fuseau horaire", "Paris (métropole) → Guadeloupe"),
        ("permissions", "Lire l’audit"),
        ("avant", "500,00\u00a0€"),
        ("après", "…"),
        ("motif", "[urgent] vu avec le magasin"),
    ]


def test_the_bounds_of_a_filter_are_not_called_before_and_after() -> None:
    facts = {"filter": {"from": "2026-11-27T23:00:00Z", "to": "2026-11-28T23:00:00Z"}}
    assert [(fact.label, fact.text) for fact in facts_of(_WORDS["fr"], facts)] == [
        ("filtres · à partir de", "28\xa0nov.\xa02026 à\xa000:00:00"),
        ("filtres · jusqu’à", "29\xa0nov.\xa02026 à\xa000:00:00"),
    ]


def test_an_action_of_every_kind_with_all_its_facts_is_shown_to_the_test_of_the_page() -> None:
    shown: dict[str, set[str]] = {}
    for action in audited():
        shown.setdefault(action.kind, set()).update(action.facts)
    kinds = {kind for site in sites() for kind in texts(site, "kind")}
    assert shown.keys() == kinds
    for site in sites():
        held = {name for kind in texts(site, "kind") for name in shown[kind]}
        assert fact_names(site) - held == set(), site.place


def test_what_is_inside_of_facts_is_shown_to_the_test_of_the_page_too() -> None:
    assert TERMS.keys() == set(names_of(RuleTerms))
    assert FILTER.keys() == set(names_of(TransactionQuery))
    assert TERMINAL_OPTIONS.keys() == set(names_of(TerminalOptions))
    assert SERVICE_FACTS.keys() == {rule.name for rules in OPTION_RULES.values() for rule in rules} | set(
        names_of(Limits)
    )
    for kind, fields in (("company", CompanyFields), ("store", StoreFields), ("contact", ContactFields)):
        assert CHANGES[kind].keys() == set(names_of(fields))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", sorted(CLOSED))
def test_every_value_of_a_closed_set_has_a_word_of_its_own(locale: str, name: str) -> None:
    lacking = [
        value
        for value in CLOSED[name]
        if not any(_WORDS[locale].get(prefix + value, "") for prefix in prefixes_of(name))
    ]
    assert not lacking


def test_every_catalogue_of_values_is_of_a_set_that_is_checked() -> None:
    assert TABLES.keys() == CLOSED.keys()


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_fact_that_a_journal_makes_is_called_by_its_word(locale: str) -> None:
    statements = (Path(__file__).parents[3] / "core/searching/journals/queries.sql").read_text("utf-8")
    names = {
        name
        for built in re.findall(r"jsonb_build_object\((.*?)\)", statements, re.DOTALL)
        for name in re.findall(r"'(\w+)', ", built)
    }
    assert {"text", "version", "before"} <= names
    words = load_words()[locale]
    assert [name for name in sorted(names) if not words.get(f"action_fact.{name}", "")] == []
    (told,) = facts_of_texts(words, {"text": "fin essai"})
    assert told.label == ("motif" if locale == "fr" else "reason")
