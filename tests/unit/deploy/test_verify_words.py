"""Every line of a verification is French on a French console, and English on an English one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import core.verify
from core.verify.checks import COUNTS
from core.verify.model import Finding, Report
from deploy.local.cli.common import Common
from deploy.local.cli.verify import report_lines
from deploy.local.cli.verify_examples import LEFT, VERDICTS
from deploy.local.cli.verify_words import INVARIANTS

FOLDER = Path(core.verify.__file__).parent
ENGLISH = re.compile(
    r"\b(the|and|not?|of|an|is|its|there|here|action|without|nothing|another|told|field|at byte|with|sampled|checked"
    r"|broken|waiting|sent|unknown|given|compared)\b"
)
TXN = "txn_01m8hm2jneedybh543pahpnt6a"
OF_ITSELF = ("waiting", "breach", "kept")
"""Verdicts that only count."""
NOTES = (
    "not compared: no journal was given",
    "not compared: no book was given",
    "12 attempts here",
    "3 exchanges with hosts compared",
    "up to #12, hash abcdef…",
    "0 instalments, debits checked",
    "sampled: event 1.0 %",
    "2 files read at both ends only",
)
EXAMPLES = (
    TXN,
    *(f"{verdict}: M8HM2JNE6Z72 (terminal T0000001 2026-11-22 STAN 000001)" for verdict in VERDICTS),
    *(f"{verdict}: M8HM2JNE6Z72" for verdict in VERDICTS),
    *(f"refund {TXN}: {verdict}" for verdict in VERDICTS),
    *(
        f"{state} there, nothing here: M8HM2JNE6Z72"
        for state in ("approved", "partially_approved", "captured")
    ),
    "refunded there, not here: M8HM2JNE6Z72",
    "declined there under a reference that is not ours: 000000000001",
    f"cancellation {TXN}: no action of a person",
    "block blk_1: no action of a person",
    "ter_1: blocked without a block",
    "matter hmt_1: closed without an action of a person",
    "limit transaction.refund EUR: no action of a person",
    "limit transaction_max_minor of svc_1: not what its last action says",
    "grant grn_1: revoked without an action",
    "role supervisor, transactions.refund: allowed without an action",
    f"field 4, field 39: {TXN}",
    f"an exchange that cannot be read: {TXN}",
    "action #12",
    "an action without a number",
    "action #12 was whole once and is not there any more",
    "company.name",
    "logs/edge.log at byte 4",
)


def findings() -> list[Finding]:
    """One for each invariant and note, and every example that core can say."""
    named = [Finding(name, INVARIANTS[name]) for name in INVARIANTS]
    noted = [Finding("V1", "x", note=note) for note in NOTES]
    return [*named, *noted, Finding("V12", "x", breaches=1, examples=list(EXAMPLES))]


def lines(language: str) -> list[str]:
    report = Report(findings(), drained=False, left=dict.fromkeys(LEFT, 1), seconds=1.0)
    return report_lines(Common(data=Path(), lang=language), report)


def test_every_line_is_french_on_a_french_console() -> None:
    for line in lines("fr"):
        words = line.replace("action n°", "").replace("une action", "").replace("l’action", "")
        words = re.sub(r"(d’|son |aucune |dernière |sans )action", "", words)
        assert not ENGLISH.search(words), line


def test_what_core_says_stays_as_it_is_on_an_english_console() -> None:
    shown = lines("en")
    for example in EXAMPLES:
        assert f"    {example}" in shown
    assert not [line for line in shown if "tient" in line or "ROMPU" in line]


def test_every_invariant_has_its_french_words() -> None:
    said = {count.name for count in COUNTS} | {"V3", "V6", "V11", "V12", "V9 audit", "V9 rows", "V9 files"}
    assert said == set(INVARIANTS)


@pytest.mark.parametrize("file", ["queries.sql", "people/queries.sql"])
def test_every_verdict_of_a_statement_has_its_french_words(file: str) -> None:
    text = (FOLDER / file).read_text()
    found = set(re.findall(r"(?:THEN|ELSE) '([a-z][a-z ,]*[a-z])'", text))
    found |= set(re.findall(r": ([a-z][a-z ]*)'\)", text))
    whole = {each for each in found if each not in OF_ITSELF and not each.endswith((" there, not here",))}
    assert whole <= set(VERDICTS), whole - set(VERDICTS)
