"""Every error of the command line has its words in both languages, found by its code, and no words are left over."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from deploy.cli.main import main
from deploy.local.errors import ERROR_WORDS, LocalError
from deploy.sandbox.simulators.terminal import LossKind
from tests.support.wording import FOREIGN

ROOT = Path(__file__).resolve().parents[3]
CODES = re.compile(r"[a-z]+(?:-[a-z]+)*")
ERRORS = ("LocalError", "ServerFailed", "MigrationFailed", "Misused")


def raised() -> Iterator[tuple[str, str]]:
    """Yield every code that an error is made with, and where."""
    for folder in ("deploy", "perf", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = ast.unparse(node.func)
                own = name == "super().__init__" and path.name == "errors.py"
                if name not in ERRORS and not own:
                    continue
                codes = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
                # In a variable are process-silent and process-not-ready alone; LocalError says its own code.
                if isinstance(node.args[0], ast.Name | ast.Call):
                    codes = []
                for code in codes:
                    yield str(code), f"{path.relative_to(ROOT)}:{node.lineno}"


def facts_of(text: str) -> set[str]:
    """Return the facts that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_code_lacks_words_and_no_words_are_left_over() -> None:
    links = {f"link-{how}" for how in get_args(LossKind)}
    used = {code for code, _ in raised() if CODES.fullmatch(code) and code != "link"}
    assert used | links | {"process-silent", "process-not-ready"} == set(ERROR_WORDS)


@pytest.mark.parametrize("code", ERROR_WORDS)
def test_both_languages_take_the_same_facts_and_say_what_to_do(code: str) -> None:
    french, english = ERROR_WORDS[code]
    assert facts_of(english) == facts_of(french)
    facts = dict.fromkeys(facts_of(english), 1)
    error = LocalError(code, **facts)
    assert str(error) == error.said("en") == english.format(**facts)
    assert error.said("fr") != error.said("en")
    assert not FOREIGN["fr"].search(re.sub(r"[\w./-]*[-/.][\w./-]*|guichet \w+", "", error.said("fr")))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "guichet: rien ne tourne sur {data} ; démarrez avec guichet up\n"),
        ("en", "guichet: nothing runs on {data}; start it with guichet up\n"),
    ],
)
def test_verify_says_in_the_language_asked_for_that_nothing_runs(
    language: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--lang", language, "--data", str(tmp_path)])
    assert (ended.value.code, capsys.readouterr().err) == (5, said.format(data=tmp_path))


@pytest.mark.parametrize(
    ("environment", "said"),
    [("fr_FR.UTF-8", "pas de démonstration dans"), ("en_GB.UTF-8", "no demonstration in")],
)
def test_an_error_follows_the_environment_when_nobody_asks_for_a_language(
    environment: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, environment)
    with pytest.raises(SystemExit):
        main(["code", "--data", str(tmp_path)])
    assert said in capsys.readouterr().err
