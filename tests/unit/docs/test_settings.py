"""Every setting that a process of production reads is in the table of docs/operations.md, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
ZONES = ("core", "edge", "gateway", "portals", "observability")
# What people run beside production says its own settings on its first lines.
NOT_PRODUCTION = ("core/verify/",)
# Kills the engine at a step, for the tests of faults; nobody sets it elsewhere.
FOR_TESTS = {"GUICHET_FAIL_POINT"}
_SETTING = re.compile(r"GUICHET_[A-Z0-9_]+[A-Z0-9]")


def settings_of(path: Path) -> Iterator[str]:
    """Return the settings that a file names in its code; what its docstrings say is not read."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SETTING.fullmatch(node.value):
            yield node.value


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    read = {
        setting
        for zone in ZONES
        for path in (ROOT / zone).rglob("*.py")
        if not path.relative_to(ROOT).as_posix().startswith(NOT_PRODUCTION)
        and "node_modules" not in path.parts
        for setting in settings_of(path)
    }
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `GUICHET_")]
    documented = {setting for row in rows for setting in _SETTING.findall(row.split("|")[1])}
    assert len(read) > 30
    assert read - FOR_TESTS == documented


def test_the_containers_set_only_what_a_process_reads() -> None:
    composed = yaml.safe_load((ROOT / "deploy" / "containers" / "compose.yaml").read_text())
    known = set(_SETTING.findall(OPERATIONS)) | {
        setting for path in (ROOT / "deploy" / "sandbox").rglob("*.py") for setting in settings_of(path)
    }
    for name, service in composed["services"].items():
        if service.get("image") == "guichet":
            told = set(service.get("environment", {}))
            assert told <= known, f"{name}: {told - known}"
