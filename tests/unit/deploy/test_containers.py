"""The files for containers say the same as the stack of one machine."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.binaries import nats_server_binary
from deploy.local.processes import PROCESSES, Place, port_names
from deploy.local.subjects import ALLOWANCES, SubjectAllowance, users_of_containers

ROOT = Path(__file__).resolve().parents[3]
CONTAINERS = ROOT / "deploy" / "containers"
NATS_CONFIGURATION = CONTAINERS / "nats" / "nats.conf"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((CONTAINERS / "compose.yaml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "guichet"}

_USER = re.compile(
    r"user: (\w+)\s+password: \$(\w+)\s+permissions: \{\s+"
    r"publish: \{ allow: \[(.*?)\] \}\s+subscribe: \{ allow: \[(.*?)\] \}"
)


def subjects_of(text: str) -> tuple[str, ...]:
    """Return the subjects of a list as it stands in the configuration."""
    return tuple(part.strip().strip('"') for part in text.split(","))


def test_nats_users_and_subjects_are_those_of_the_table() -> None:
    assert users_of_containers() in NATS_CONFIGURATION.read_text()
    found = _USER.findall(NATS_CONFIGURATION.read_text())
    assert [
        SubjectAllowance(user=user, publish=subjects_of(publish), subscribe=subjects_of(subscribe))
        for user, _, publish, subscribe in found
    ] == list(ALLOWANCES)
    assert [password for _, password, _, _ in found] == [
        f"NATS_{a.user.upper()}_PASSWORD" for a in ALLOWANCES
    ]


def test_nats_takes_the_configuration() -> None:
    passwords = {f"NATS_{allowance.user.upper()}_PASSWORD": "p0" for allowance in ALLOWANCES}
    done = subprocess.run(
        [str(nats_server_binary()), "-t", "-c", str(NATS_CONFIGURATION)],
        env={**os.environ, **passwords},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(OURS))
def test_only_core_and_the_seed_reach_the_database(name: str) -> None:
    service = OURS[name]
    is_core = name.startswith("core-") or name == "seed"
    assert ("GUICHET_DATABASE_URL" in service.get("environment", {})) == is_core
    assert ("database" in service.get("networks", [])) == is_core


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_processes_run_without_privileges(name: str) -> None:
    assert OURS[name]["cap_drop"] == ["ALL"]
    assert OURS[name]["read_only"] is True
    assert "\nUSER guichet\n" in (CONTAINERS / "Dockerfile").read_text()


def test_every_network_and_volume_is_declared() -> None:
    composed = yaml.safe_load((CONTAINERS / "compose.yaml").read_text())
    for service in SERVICES.values():
        assert set(service.get("networks", [])) <= set(composed["networks"])
        named = {volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(".")}
        assert named <= set(composed["volumes"])


def test_the_files_that_are_mounted_exist() -> None:
    mounted = [v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if v.startswith(".")]
    assert mounted
    assert all((CONTAINERS / path).exists() for path in mounted)


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_is_started_is_a_program_of_this_checkout(name: str) -> None:
    command = OURS[name]["command"]
    assert command[0] == "python"
    if command[1] == "-m":
        assert importlib.util.find_spec(command[2]) is not None


def test_desk_and_worker_share_their_folder_and_where_links_lead() -> None:
    desk, worker = SERVICES["core-desk"], SERVICES["core-worker"]
    assert desk["volumes"] == worker["volumes"] == SERVICES["seed"]["volumes"] == ["core:/data"]
    assert "GUICHET_DATA=/data" in (CONTAINERS / "Dockerfile").read_text()
    for name in ("GUICHET_PORTAL_URL", "GUICHET_INSTITUTION", "GUICHET_DATABASE_URL"):
        assert desk["environment"][name] == worker["environment"][name]
    assert (
        SERVICES["portal"]["environment"]["GUICHET_INSTITUTION"] == desk["environment"]["GUICHET_INSTITUTION"]
    )


@pytest.mark.parametrize("name", [spec.name for spec in PROCESSES if spec.name in SERVICES])
def test_a_container_is_told_what_the_process_of_one_machine_is_told(name: str) -> None:
    (spec,) = [spec for spec in PROCESSES if spec.name == name]
    place = Place(Path("data"), dict.fromkeys(port_names(PROCESSES), 1), lambda: "database", lambda who: who)
    assert set(spec.environment(place)) <= set(SERVICES[name]["environment"])
