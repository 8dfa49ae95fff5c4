"""The supervisor with real servers and stand-in processes: starting, dying, restarting, stopping in order."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import proc
from deploy.local.errors import AlreadyRunning, LocalError, PortTaken, ServerFailed
from deploy.local.loopback import http_get
from deploy.local.ports import free_ports
from deploy.local.processes import PROCESSES, port_names
from deploy.local.stack import LocalStack
from deploy.local.state_file import read_state
from deploy.local.subjects import ALLOWANCES
from deploy.local.supervisor import StackEvent
from tests.support.standins import STANDINS


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="module")
async def stack(folder: Path) -> AsyncIterator[LocalStack]:
    async with LocalStack(folder, table=STANDINS, seed_module=None, fleet=True) as running:
        yield running


async def test_everything_answers_and_the_state_file_says_so(stack: LocalStack, folder: Path) -> None:
    assert set(stack.names) == {spec.name for spec in PROCESSES} | {"postgres", "nats"}
    state = read_state(folder)
    assert state is not None
    assert state.is_supervised
    assert {each.state for each in state.processes} == {"ready"}
    for each in state.processes:
        if each.health_port is not None:
            answer = await http_get(each.health_port, "/")
            assert answer is not None, each.name
            assert answer.status_code == 200


async def test_no_secret_is_in_the_state_file(stack: LocalStack, folder: Path) -> None:
    text = (folder / "state.json").read_text()
    for secret in (folder / "secrets").iterdir():
        assert secret.read_text().strip() not in text


async def test_only_core_is_given_the_database_and_core_no_keys(stack: LocalStack) -> None:
    for spec in PROCESSES:
        pid = stack.pid(spec.name)
        assert pid is not None
        given = Path(f"/proc/{pid}/environ").read_bytes().decode()
        is_core = spec.name.startswith("core-")
        assert ("GUICHET_DATABASE_URL=" in given) is is_core, spec.name
        assert ("postgres://" in given) is is_core, spec.name
        is_edge = spec.name in {"edge", "edge-cards"}
        assert ("GUICHET_KEYS_DIR=" in given) is is_edge, spec.name
        assert ("GUICHET_TLS_DIR=" in given) is is_edge, spec.name
        user = spec.name.removeprefix("core-").removeprefix("edge-")
        for other in (allowance.user for allowance in ALLOWANCES):
            assert (f"nats://{other}:" in given) is (other == user), f"{spec.name} has {other}'s login"


async def test_a_killed_process_is_restarted(stack: LocalStack) -> None:
    before = stack.restarts("edge")
    killed = stack.kill("edge")
    await stack.wait_ready("edge", after_pid=killed, timeout_s=10)
    assert stack.restarts("edge") == before + 1


@pytest.mark.parametrize("server", ["postgres", "nats"])
async def test_a_killed_server_is_restarted(stack: LocalStack, server: str) -> None:
    killed = stack.kill(server, with_children=True)
    await stack.wait_ready(server, after_pid=killed, timeout_s=20)
    assert stack.pid(server) != killed


async def test_a_stopped_process_stays_stopped(stack: LocalStack) -> None:
    await stack.stop_process("gateway")
    await asyncio.sleep(0.3)
    assert stack.pid("gateway") is None
    await stack.start_process("gateway")
    assert stack.pid("gateway") is not None


async def test_a_frozen_process_can_be_stopped(stack: LocalStack) -> None:
    stack.kill("portal", signal.SIGSTOP)
    await asyncio.wait_for(stack.restart("portal"), timeout=10)
    assert stack.pid("portal") is not None


async def test_a_second_stack_on_the_same_data_is_refused(stack: LocalStack, folder: Path) -> None:
    with pytest.raises(AlreadyRunning, match=str(stack.port("portal"))):
        await LocalStack(folder, table=STANDINS, seed_module=None).start()


async def test_a_taken_port_is_named_with_its_process(folder: Path) -> None:
    base = _free_run(len(port_names(STANDINS)))
    wanted = base + port_names(STANDINS).index("edge-tls")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", wanted))
        holder.listen()
        with pytest.raises(PortTaken) as refused:
            await LocalStack(folder / "other", table=STANDINS, seed_module=None, ports_from=base).start()
    assert refused.value.process == "edge"
    assert refused.value.port == wanted
    # Nothing was started and the folder is free again.
    assert not (folder / "other" / "postgres").exists()


async def test_a_missing_program_is_said_before_anything_starts(tmp_path: Path) -> None:
    table = (replace(STANDINS[0], module="portals.nowhere"),)
    with pytest.raises(ServerFailed, match=r"portal cannot start: .*portals\.nowhere"):
        await LocalStack(tmp_path, table=table, seed_module=None).start()
    assert not (tmp_path / "postgres").exists()


async def test_a_process_that_keeps_ending_is_retried_ever_more_slowly(folder: Path) -> None:
    events: list[StackEvent] = []
    stack = LocalStack(
        folder / "ending",
        table=STANDINS,
        processes={"edge"},
        seed_module=None,
        extra_environment={"edge": {"STANDIN_EXIT_AFTER_S": "0.6"}},
        on_event=events.append,
    )
    async with stack:
        deadline = asyncio.get_running_loop().time() + 15
        while [event.kind for event in events].count("died") < 3:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
    deaths = [event for event in events if event.kind == "died"]
    assert [event.seconds for event in deaths[:3]] == [0.2, 0.4, 0.8]
    assert {event.detail for event in deaths} == {"exit 7"}


async def test_what_a_killed_supervisor_left_is_cleared_and_data_is_kept(folder: Path) -> None:
    data = folder / "left"
    program = (
        "import asyncio, sys; from pathlib import Path; from deploy.local.stack import LocalStack\n"
        "from tests.support.standins import STANDINS\n"
        "async def main():\n"
        "    async with LocalStack(Path(sys.argv[1]), table=STANDINS, seed_module=None, processes={'edge'}):\n"
        "        print('ready', flush=True); await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(data), stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout is not None
    assert await supervisor.stdout.readline() == b"ready\n"
    state = read_state(data)
    assert state is not None
    supervisor.kill()
    await supervisor.wait()
    for each in state.processes:
        assert each.pid is not None
        # The kernel tells the children that their parent is gone, so none outlives it for long.
        assert await proc.wait_gone(each.pid, each.ticks, timeout_s=15), each.name
    async with LocalStack(data, table=STANDINS, seed_module=None, processes={"edge"}) as again:
        assert again.pid("edge") is not None


async def test_stopping_goes_from_terminals_to_the_database_and_leaves_nobody(folder: Path) -> None:
    events: list[StackEvent] = []
    stack = LocalStack(
        folder / "order",
        table=STANDINS,
        seed_module=None,
        fleet=True,
        extra_environment={"portal": {"STANDIN_DEAF": ""}},
        on_event=events.append,
    )
    await stack.start()
    pids = [stack.pid(name) for name in stack.names]
    await stack.stop()
    order = [event.name for event in events if event.kind == "stopping"]
    assert order[:9] == [
        "fleet",
        "edge",
        "edge-cards",
        "gateway",
        "portal",
        "shop",
        "space",
        "bank",
        "acquirer",
    ]
    assert set(order[9:12]) == {"core-engine", "core-desk", "core-worker"}
    assert order[12:] == ["mailbox", "receiver", "nats", "postgres"]
    assert not [pid for pid in pids if pid is not None and proc.is_alive(pid)]


async def test_asking_a_stack_that_is_not_started_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="not started"):
        LocalStack(tmp_path).database_url()


def _free_run(count: int) -> int:
    """Return the first of `count` consecutive free ports."""
    while True:
        base = free_ports(1)[0]
        taken = False
        for port in range(base, base + count):
            with socket.socket() as probe:
                taken = taken or probe.connect_ex(("127.0.0.1", port)) == 0
        if not taken:
            return base
