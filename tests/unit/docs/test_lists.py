"""What the documents list is what the code has: invariants, requirements, what waits for a person, what is told of orders."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from core.contracts.host_matters import LIST, STUCK_AFTER, HostMatterKind
from core.contracts.order_mails import OrderMailTemplate
from core.contracts.webhooks import WebhookKind
from core.verify.checks import COUNTS
from core.verify.model import Finding
from core.verify.words import WORDS

ROOT = Path(__file__).resolve().parents[3]
_VERIFY = sorted((ROOT / "core" / "verify").rglob("*.py"))
_FAMILIES = "EDG|AUT|SUP|MER|SUB|SCH|CAR|REG|CUS|CRM|DOC|NOT|HLP|LED|API|OPS"
_CITED = re.compile(rf"\b(?:{_FAMILIES})-\d+\b")
_FAULT = re.compile(r"\brows? (\d+)\b|test_row_(\d+)_", re.IGNORECASE)
# A partition is no table of its own.
_TABLE = re.compile(
    r"^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)(?! PARTITION OF)\b(?! PARTITION)", re.MULTILINE
)
_READ = {".py", ".sql", ".md", ".toml", ".yml", ".yaml", ".html", ".js", ".ts", ".css", ".json"}
_TREES = ("core", "deploy", "docs", "edge", "gateway", "observability", "perf", "portals", "tests")
_BUILT = {"node_modules", "dist", "__pycache__"}


def invariants_of_the_code() -> dict[str, str]:
    """Return what each invariant asks, by its name: those that a statement counts and those with code of their own."""
    asked = {count.name: Finding(count.name, dict(count.facts or {})).what() for count in COUNTS}
    for path in _VERIFY:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                said = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
                if said:
                    asked[said[0]] = Finding(said[0]).what()
    return asked


def sections_of(document: Path) -> dict[str, str]:
    """Return the text of each second-level section, on one line, by its heading."""
    parts = re.split(r"^## (.+)$", document.read_text(), flags=re.MULTILINE)[1:]
    return {name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def sources() -> Iterator[Path]:
    """Yield every file that people wrote."""
    yield from ROOT.glob("*.md")
    for tree in _TREES:
        for path in (ROOT / tree).rglob("*"):
            if path.suffix in _READ and not _BUILT & set(path.parts) and path.is_file():
                yield path


def test_the_page_of_invariants_has_those_of_verify_and_no_other() -> None:
    asked = invariants_of_the_code()
    sections = sections_of(ROOT / "docs" / "invariants.md")
    assert set(sections) == set(asked)
    assert {code for code in WORDS if re.match(r"V\d", code)} == set(asked)
    for name, what in asked.items():
        assert f"- Asks: {what}." in sections[name], name
        assert "- Broken by: " in sections[name], name
        assert "- Do: " in sections[name], name


def test_every_requirement_that_is_cited_is_defined_once() -> None:
    page = (ROOT / "docs" / "requirements.md").read_text()
    defined = re.findall(rf"^\| ((?:{_FAMILIES})-\d+) \|", page, re.MULTILINE)
    assert len(defined) == len(set(defined))
    cited = {
        (name, path.relative_to(ROOT).as_posix())
        for path in sources()
        for name in _CITED.findall(path.read_text(errors="replace"))
    }
    assert len(cited) > 30
    assert {each for each in cited if each[0] not in defined} == set()


def test_every_row_of_the_fault_matrix_is_defined_and_says_that_it_is_there() -> None:
    page = (ROOT / "docs" / "requirements.md").read_text().split("## Faults")[1]
    today = dict(re.findall(r"^\| (\d+) \|.*\| (.+) \|$", page, re.MULTILINE))
    assert set(today) == {str(number) for number in range(1, 35)}
    cited = {
        one or other
        for path in (ROOT / "tests" / "faults").glob("*.py")
        for one, other in _FAULT.findall(path.read_text())
    }
    assert len(cited) > 10
    assert {row for row, said in today.items() if said.startswith("matrix")} == cited


def test_the_packages_of_the_slices_name_every_table_once_and_no_other() -> None:
    made = {
        name
        for path in (ROOT / "core" / "db" / "migrations").glob("*.sql")
        for name in _TABLE.findall(path.read_text().split("-- migrate:down")[0])
    }
    said = [
        ast.get_docstring(ast.parse(path.read_text())) or "" for path in (ROOT / "core").glob("*/__init__.py")
    ]
    rows = [row for text in said for row in re.findall(r"^- ((?:`\w+`(?:,\s+)?)+):", text, re.MULTILINE)]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(named) == len(set(named))
    assert set(named) == made


def test_operations_tells_of_each_sort_of_thing_that_waits_for_a_person() -> None:
    page = sections_of(ROOT / "docs" / "operations.md")["To check"]
    assert set(re.findall(r"\| `(\w+)` \|", page)) == set(typing.get_args(HostMatterKind))


def test_orders_tells_of_each_mail_and_each_webhook_of_a_purchase() -> None:
    page = sections_of(ROOT / "docs" / "orders.md")
    mails = re.findall(r"\| ((?:`\w+`(?:, )?)+) \|", page["What customers are told"])
    assert set(re.findall(r"\w+", " ".join(mails))) == set(typing.get_args(OrderMailTemplate))
    told = page["What merchants' systems are told"]
    assert set(re.findall(r"\| `(\w+\.\w+)` \|", told)) == set(typing.get_args(WebhookKind))


def test_how_long_is_too_long_for_a_host_is_one_figure_wherever_it_is_written() -> None:
    minutes = STUCK_AFTER // timedelta(minutes=1)
    for page, text in (
        ("observability/alerts/guichet.yml", f"max(guichet_reversal_oldest_seconds) > {minutes * 60}\n"),
        ("observability/alerts/guichet.yml", f"A reversal waits for more than {minutes} minutes"),
        ("docs/operations.md", f"or has not accepted it for {minutes} minutes"),
        ("docs/operations.md", f"is listed for a person after {minutes} minutes"),
        ("docs/invariants.md", f"past its deadline plus {minutes} minutes"),
        ("docs/invariants.md", f"has been owed to the host for more than {minutes} minutes"),
    ):
        assert text.strip() in " ".join((ROOT / page).read_text().split()), (page, text)
    assert f"did not accept for {minutes} minutes" in LIST.description
