"""A verification says everything by code: every code has words in both languages, and no words are left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import msgspec
import pytest

import core.verify
from core.verify.model import Finding, HostEntry, Report, Said
from core.verify.words import WORDS
from deploy.cli.common import Common
from deploy.cli.verify import report_lines

FOLDER = Path(core.verify.__file__).parent
ENGLISH = re.compile(
    r"\b(the|and|not?|of|an|is|its|there|here|action|without|nothing|another|told|field|at byte|with|sampled|checked"
    r"|broken|waiting|sent|unknown|given|compared)\b"
)
FACTS: dict[str, str | int | list[int]] = {
    "id": "txn_01m8hm2jneedybh543pahpnt6a",
    "reference": "M8HM2JNE6Z72",
    "terminal": "T0000001",
    "day": "2026-11-22",
    "stan": 1,
    "state": "approved",
    "fields": [4, 39],
    "number": 12,
    "digits": "c170",
    "count": 3,
    "minutes": 5,
    "offset": 4,
    "table": "company",
    "tables": "event 1.0 %",
    "column": "name",
    "file": "logs/edge.log",
    "limit": "transaction.refund",
    "currency": "EUR",
    "service": "svc_1",
    "role": "supervisor",
    "permission": "transactions.refund",
    "order": "ord_1",
    "has": 3_000,
    "owes": 4_000,
    "is": "unpaid",
    "follows": "settled",
}
LEFT = [code.removeprefix("left.") for code in WORDS if code.startswith("left.")]
PRINTED = {
    # As they were printed before they had codes.
    "refund.no_action": f"refund {FACTS['id']}: no action of a person",
    "told.amount": "told another amount: M8HM2JNE6Z72 (terminal T0000001 2026-11-22 STAN 000001)",
    "book.undone_there": "approved here, declined there: M8HM2JNE6Z72",
    "book.not_ours": "declined there under a reference that is not ours: M8HM2JNE6Z72",
    "answer.differs": f"field 4, field 39: {FACTS['id']}",
    "limit.of_service_differs": "limit transaction.refund of svc_1: not what its last action says",
    "role.allowed": "role supervisor, transactions.refund: allowed without an action",
    "chain.link": "action #12",
    "card.file": "logs/edge.log at byte 4",
    "note.chain": "up to #12, hash c170…",
    "V4": "no attempt sent or unknown past its deadline plus 5 minutes",
}


def facts_of(text: str) -> set[str]:
    """Return the facts that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def codes_in_use() -> set[str]:
    """Return every code that the checks say, in Python and in SQL, and those that facts and columns name."""
    python = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    sql = "\n".join(path.read_text() for path in FOLDER.rglob("*.sql"))
    families = "|".join(sorted({code.partition(".")[0] for code in WORDS if "." in code}))
    found = set(re.findall(rf'"((?:{families})\.[a-z_]+)"', python))
    # Kinds of actions look alike: a statement says its own codes in these places alone.
    found |= set(re.findall(rf"(?:THEN|ELSE|'code',)\s+'((?:{families})\.[a-z_]+)'", sql))
    found |= set(re.findall(r'"(V\d+(?: [a-z]+)?)"', python))
    columns = re.search(r"-- name: undone\n(.*?);", sql, re.DOTALL)
    assert columns is not None
    found |= {f"left.{name}" for name in re.findall(r"\) AS ([a-z]{2,}),?$", columns[1], re.MULTILINE)}
    states = re.search(r"state: str  # (.*)", python)
    assert states is not None
    found |= {f"state.{name}" for name in states[1].split(", ")}
    return found | set(re.findall(r'Said\(\s*"([a-z_]+)"', python)) | {"transaction", "field", "instalment"}


def test_no_code_lacks_words_and_no_words_are_left_over() -> None:
    assert codes_in_use() == set(WORDS)


def test_every_code_has_words_in_both_languages_with_the_same_facts() -> None:
    for code, (french, english) in WORDS.items():
        assert english, code
        assert french, code
        assert facts_of(english) == facts_of(french), code
        assert facts_of(english) <= set(FACTS), code


def everything(language: str) -> list[str]:
    """Return the lines of a report that says all that there is to say."""
    invariants = [code for code in WORDS if re.fullmatch(r"V\d+(?: [a-z]+)?", code)]
    notes = [Said(code, FACTS) for code in WORDS if code.startswith("note.")]
    breaches = [Said(code, FACTS) for code in WORDS if code not in invariants and code not in notes]
    findings = [Finding(name, FACTS) for name in invariants]
    findings += [Finding("V1", remark=note) for note in notes]
    findings.append(Finding("V12", breaches=1, found=breaches))
    report = Report(findings, drained=False, left=dict.fromkeys(LEFT, 1), seconds=1.0)
    return report_lines(Common(data=Path(), lang=language), report)


def test_every_line_is_french_on_a_french_console() -> None:
    for line in everything("fr"):
        words = line.replace("action n°", "").replace("une action", "").replace("l’action", "")
        words = re.sub(r"(d’|son |aucune |dernière |sans )action", "", words)
        assert not ENGLISH.search(words), line


@pytest.mark.parametrize("code", PRINTED)
def test_the_english_lines_are_those_that_were_printed_before(code: str) -> None:
    facts = {**FACTS, "state": "declined"}
    assert Said(code, facts).text() == PRINTED[code]


def test_a_state_that_nobody_knows_is_said_as_it_stands() -> None:
    assert (
        Said("book.not_here", {"state": "settled", "reference": "X"}).text("fr")
        == "settled là-bas, pas ici : X"
    )


def test_programs_read_codes_and_facts_beside_the_english_words() -> None:
    finding = Finding("V12", breaches=1, found=[Said("refund.no_action", {"id": "txn_1"})])
    report = Report([finding]).document()
    (told,) = report["findings"]
    assert told["examples"] == ["refund txn_1: no action of a person"]
    assert told["found"] == [{"code": "refund.no_action", "facts": {"id": "txn_1"}}]
    assert (told["what"], told["note"]) == (finding.what(), "")
    assert msgspec.json.encode(report)


def test_a_book_says_its_states_by_name() -> None:
    assert "state" in HostEntry.__struct_fields__
