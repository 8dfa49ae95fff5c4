"""`guichet terminal` and `guichet fleet` as a person runs them, against a real host process."""

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.cli.exchange_words import element_names
from deploy.cli.main import main
from edge.dialects import DIALECTS
from tests.integration.deploy.simulators.acquirer_process import AcquirerProcess


class Done(NamedTuple):
    """What a run of the command line left."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs the command line over one data folder and host."""

    def __init__(self, data: Path, address: str) -> None:
        self.data = data
        self.address = address

    def run(self, *words: str, address: str | None = None) -> Done:
        tokens = [*words, "--address", address or self.address, "--data", str(self.data)]
        # A thread of its own, for the command line starts its own loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(_run_here, tokens).result(timeout=60)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


def _run_here(tokens: list[str]) -> Done:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(tokens)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AcquirerProcess]:
    process = AcquirerProcess(tmp_path_factory.mktemp("book"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def shell(host: AcquirerProcess, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    # One folder for all: the STANs that must not come twice are in it.
    return Shell(tmp_path_factory.mktemp("data"), f"127.0.0.1:{host.port}")


def test_a_payment_is_shown_side_by_side_and_masked(shell: Shell) -> None:
    done = shell.run("terminal", "pay", "--amount", "12.50", "--card", "approve-visa", "--lang", "en")
    assert done.returncode == 0
    assert "Approved (00)" in done.stdout
    assert "411111******1111" in done.stdout
    assert "4111111111111111" not in done.stdout
    assert "0200" in done.stdout
    assert "0210" in done.stdout


def test_a_decline_says_why_in_french_and_exits_with_1(shell: Shell) -> None:
    done = shell.run(
        "terminal", "pay", "--amount", "12,50", "--card", "provision-insuffisante", "--lang", "fr"
    )
    assert done.returncode == 1
    assert "Refusé (51)" in done.stdout
    assert "date et heure de transmission" in done.stdout
    assert "transmission date" not in done.stdout


def test_every_data_element_is_named_in_the_language_asked_for() -> None:
    english = {0: "message type", **DIALECTS["ascii1987"].names}
    assert element_names("en") == english
    assert {number for number, name in element_names("fr").items() if name == english[number]} == set()


def test_programs_are_given_the_names_of_data_elements_in_french_too(shell: Shell) -> None:
    told = shell.json("terminal", "pay", "--amount", "12,50", "--lang", "fr")
    names = {line["field"]: line["name"] for line in [*told["request"], *told["answer"]]}
    assert names[60] == "données privées 60"
    assert names.items() <= element_names("fr").items()


def test_a_payment_then_its_refund_then_its_cancellation(shell: Shell, host: AcquirerProcess) -> None:
    paid = shell.json("terminal", "pay", "--amount", "20", "--card", "approve-cb")
    assert shell.json("terminal", "refund", "--amount", "5", "--rrn", paid["rrn"])["approved"]
    assert shell.json("terminal", "cancel", "--stan", paid["stan"])["code"] == "00"
    assert host.book()[paid["rrn"]].state == "reversed"
    assert host.book()[paid["rrn"]].refunded_minor == 500


def test_a_hold_then_its_completion(shell: Shell, host: AcquirerProcess) -> None:
    hold = shell.json("terminal", "preauthorise", "--amount", "80")
    assert shell.json("terminal", "complete", "--amount", "75")["code"] == "00"
    assert host.book()[hold["rrn"]].captured_minor == 7500


def test_silence_is_reversed_and_exits_with_3(shell: Shell) -> None:
    done = shell.run(
        "terminal", "pay", "--amount", "9", "--card", "no-reply", "--timeout", "0.3", "--lang", "en"
    )
    assert done.returncode == 3
    assert "reversed, acknowledged" in done.stdout


@pytest.mark.parametrize("command", ["verify", "echo", "totals"])
def test_the_other_questions_are_answered(shell: Shell, command: str) -> None:
    assert shell.json("terminal", command)["answer"]


def test_what_is_remembered_holds_no_card_number(shell: Shell) -> None:
    shell.json("terminal", "pay", "--amount", "20")
    assert "4111111111111111" not in (shell.data / "terminal-history.json").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pay", "--amount", "1.005"), "is not an amount"),
        (("pay", "--amount", "-3"), "is not an amount"),
        (("pay", "--amount", "nan"), "is not an amount"),
        (("pay", "--amount", "1", "--card", "no-such-card"), "no test card is called no-such-card"),
        (("pay", "--amount", "1", "--terminal", "TOO-LONG-A-NAME"), "is not a terminal identifier"),
        (("pay", "--amount", "1", "--timeout", "0"), "must be above zero"),
        (("pay",), "--amount"),
        (("cancel", "--terminal", "T0000009"), "no such payment"),
        (("cancel", "--stan", "x"), "no such payment"),
        (("refund", "--amount", "1", "--rrn", "000000000000"), "no such payment"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(shell: Shell, words: tuple[str, ...], said: str) -> None:
    done = shell.run("terminal", *words, "--lang", "en")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "127.0.0.1:99999"])
def test_a_wrong_address_is_one_line_and_exit_code_2(shell: Shell, address: str) -> None:
    done = shell.run("terminal", "pay", "--amount", "1", "--lang", "en", address=address)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_fleet_sums_up(shell: Shell, tmp_path: Path) -> None:
    journal = tmp_path / "told.jsonl"
    summary = shell.json(
        "fleet",
        "--terminals",
        "5",
        "--rate",
        "40",
        "--seconds",
        "1",
        "--journal",
        str(journal),
        "--cuts",
        "0",
    )
    assert summary["sent"] > 20
    assert summary["waiting"] == 0
    assert len(journal.read_text().splitlines()) >= summary["sent"]


def test_a_fleet_without_a_session_says_so(shell: Shell) -> None:
    done = shell.run("fleet", "--terminals", "1", "--seconds", "0.2", "--lang", "en", address="127.0.0.1:1")
    assert done.returncode == 2
    assert "no terminal could sign on" in done.stderr
