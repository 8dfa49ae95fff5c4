"""The command line as a person and a program meet it."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli.main import GROUPS
from deploy.cli.words import WORDS
from deploy.local.data_folder import check_room
from deploy.local.errors import DiskNearlyFull, NotRunning
from deploy.local.ports import free_ports, is_free
from deploy.local.processes import PROCESSES, port_names
from tests.support.standins import STANDINS

CHECKOUT = Path(__file__).resolve().parents[3]


def guichet(*words: str, lang: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    environment = {**os.environ, "LANG": lang, "LC_ALL": lang, "NO_COLOR": "1", "COLUMNS": "160"}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", *words],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _first_of_free_ports() -> int:
    """Return a port from which on everything that a stack numbers is free: other stacks stand beside it."""
    while True:
        first = free_ports(1)[0]
        if all(is_free(first + offset) for offset in range(len(port_names(STANDINS)))):
            return first


class RunningUp:
    """A `guichet up` on stand-ins whose output is read line by line."""

    def __init__(self, data: Path, *, form: str) -> None:
        self.data = data
        self.port = _first_of_free_ports()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.standin_up", str(data), str(self.port), form],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, last: str) -> list[str]:
        """Return the lines up to the one that contains `last`."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if last in line:
                return lines
        raise AssertionError(f"ended without {last!r}: {lines}")

    def end(self) -> None:
        """Stop it whatever happened."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as made:
        yield Path(made) / "data"


@pytest.fixture
def running(folder: Path, request: pytest.FixtureRequest) -> Iterator[RunningUp]:
    up = RunningUp(folder, form=getattr(request, "param", "text"))
    try:
        yield up
    finally:
        up.end()


def test_help_answers_at_once_and_lists_what_exists() -> None:
    guichet("--help")
    begun = time.monotonic()
    answer = guichet("--help")
    took_s = time.monotonic() - begun
    assert answer.returncode == 0
    for name in GROUPS:
        assert f"  {name} " in answer.stdout
    # 0.1 s on an idle machine; the bound leaves room for tests that run beside it.
    assert took_s < 0.4 or os.getloadavg()[0] > 2


def test_help_speaks_french_when_the_environment_does() -> None:
    assert "Commandes" in guichet("--help", lang="fr_FR.UTF-8").stdout
    assert "Commandes" in guichet("--lang", "fr", "--help").stdout
    assert "Commands" in guichet("--help", "--lang", "en", lang="fr_FR.UTF-8").stdout


@pytest.mark.parametrize("words", [("nope",), ("up", "--nope"), ("up", "--ports-from", "many")])
def test_misuse_is_one_line_and_exit_two(words: tuple[str, ...]) -> None:
    answer = guichet(*words)
    assert answer.returncode == 2
    assert answer.stderr.startswith("guichet: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


@pytest.mark.parametrize("command", ["status", "down"])
def test_nothing_running_is_one_line_and_exit_five(command: str, folder: Path) -> None:
    answer = guichet(command, "--data", str(folder), "--lang", "fr")
    assert answer.returncode == 5
    assert answer.stderr == f"guichet: {NotRunning(folder).said('fr')}\n"


def test_up_prints_addresses_then_ready_and_stops_on_ctrl_c(running: RunningUp) -> None:
    lines = running.read_until("ready")
    assert lines[-1] == "ready"
    assert any(f"http://localhost:{running.port}" in line for line in lines)
    running.process.send_signal(signal.SIGINT)
    running.read_until("stopped")
    assert running.process.wait(timeout=30) == 0


@pytest.mark.parametrize("running", ["json"], indirect=True)
def test_up_speaks_json_to_programs(running: RunningUp) -> None:
    events = [json.loads(line) for line in running.read_until('"addresses"')]
    assert events[-1]["event"] == "ready"
    assert events[-1]["addresses"]["portal"] == f"http://localhost:{running.port}"


def test_status_and_down_find_the_running_copy(running: RunningUp) -> None:
    running.read_until("ready")
    data = ("--data", str(running.data))
    status = json.loads(guichet("status", *data, "--json").stdout)
    by_name = {row["name"]: row for row in status["processes"]}
    assert set(by_name) == {"postgres", "nats", "portal", "edge"}
    assert {row["health"] for row in by_name.values()} == {"well"}
    assert all(row["memory_pss_mib"] > 1 for row in by_name.values())
    table = guichet("status", *data, "--lang", "fr").stdout
    assert "Santé" in table
    assert "prêt" in table

    again = guichet("up", *data, "--ports-from", str(running.port))
    stopped = guichet("down", *data, "--json")
    assert json.loads(stopped.stdout) == {"stopped": True, "data": str(running.data)}
    assert running.process.wait(timeout=30) == 0
    assert again.returncode == 4
    assert f"http://127.0.0.1:{running.port}" in again.stderr
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize(("spoken", "said"), [("en", "is taken by python"), ("fr", "est pris par python")])
def test_a_taken_port_is_said_with_its_holder_and_ports_that_are_free(
    folder: Path, spoken: str, said: str
) -> None:
    first = _first_of_free_ports()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", first))
        holder.listen()
        answer = guichet("up", "--data", str(folder), "--ports-from", str(first), "--lang", spoken)
    assert answer.returncode == 3
    assert answer.stderr.count("\n") == 1
    assert f"port {first}," in answer.stderr
    assert said in answer.stderr
    assert f"(pid {os.getpid()})" in answer.stderr
    free_from = int(answer.stderr.rsplit("--ports-from ", 1)[1])
    assert all(is_free(free_from + offset) for offset in range(len(port_names(PROCESSES))))


@pytest.mark.parametrize("first", ["0", "-5", "65530", "70000"])
def test_ports_that_do_not_exist_are_refused_with_those_that_do(folder: Path, first: str) -> None:
    answer = guichet("up", "--data", str(folder), f"--ports-from={first}", "--lang", "fr")
    assert answer.returncode == 2
    assert "choisissez --ports-from entre" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(("spoken", "said"), [("en", "belongs to"), ("fr", "appartient à")])
def test_data_of_another_user_is_refused_with_its_owner(folder: Path, spoken: str, said: str) -> None:
    if os.geteuid() == 0:
        folder.mkdir()
        (folder / "supervisor.lock").touch()
        os.chown(folder / "supervisor.lock", 65_534, 65_534)
        owner = pwd.getpwuid(65_534).pw_name
    else:
        folder, owner = Path("/usr"), "root"
    answer = guichet("up", "--data", str(folder), "--lang", spoken)
    assert answer.returncode == 8
    assert f"{folder} {said} {owner} " in answer.stderr
    assert "--data" in answer.stderr
    assert not (folder / "postgres").exists()


@pytest.mark.parametrize(("spoken", "said"), [("en", "cannot be used"), ("fr", "est inutilisable")])
def test_a_file_in_the_place_of_the_data_is_refused(folder: Path, spoken: str, said: str) -> None:
    folder.write_text("")
    answer = guichet("up", "--data", str(folder / "inside"), "--lang", spoken)
    assert answer.returncode == 8
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_disk_without_room_is_refused_in_both_languages_with_what_is_left(folder: Path) -> None:
    check_room(folder, wanted_mib=1)
    with pytest.raises(DiskNearlyFull) as refused:
        check_room(folder, wanted_mib=1 << 40)
    assert refused.value.exit_code == 9
    assert refused.value.facts["place"] == folder.parent
    for spoken in ("en", "fr"):
        line = refused.value.said(spoken)
        assert str(refused.value.facts["free_mib"]) in line
        assert "--data" in line


def test_a_copy_that_runs_already_is_said_in_french_too(running: RunningUp) -> None:
    running.read_until("ready")
    again = guichet("up", "--data", str(running.data), "--lang", "fr")
    assert again.returncode == 4
    assert f"tourne déjà sur {running.data} (pid {running.process.pid})" in again.stderr
    assert again.stderr.count("\n") == 1


def test_data_survives_down_and_up(folder: Path) -> None:
    first = RunningUp(folder, form="text")
    first.read_until("ready")
    first.end()
    identity = (folder / "postgres" / "global" / "pg_control").read_bytes()[:8]
    second = RunningUp(folder, form="text")
    try:
        second.read_until("ready")
        assert (folder / "postgres" / "global" / "pg_control").read_bytes()[:8] == identity
    finally:
        second.end()


def test_every_word_exists_in_both_languages_with_the_same_facts() -> None:
    for key, (french, english) in WORDS.items():
        assert english, key
        assert french, key
        assert _facts(english) == _facts(french), key
    assert {f"group.{name}" for name in GROUPS} == {key for key in WORDS if key.startswith("group.")}


def _facts(text: str) -> set[str]:
    import string

    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
