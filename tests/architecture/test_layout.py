"""The tree has the folders of the house, files of a readable length, and nothing of a single machine."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from graphlib import TopologicalSorter
from importlib import import_module

import grimp

from core import contracts
from core.contracts.operation import Operation
from core.contracts.operations import CONTRACTS
from core.contracts.subjects import FrameRequest
from core.slices import SLICES
from tests.architecture.tree import CHECKOUT, python_files, shown, tracked_files

TOP_LEVEL_FOLDERS = {
    ".ci",
    "core",
    "deploy",
    "docs",
    "edge",
    "gateway",
    "observability",
    "perf",
    "portals",
    "tests",
}
LINES_MAX = 500
# Tables of facts and contracts of one slice; a test's world. No others, and these no longer than this.
LONGER = {
    "core/contracts/agreements.py",
    "core/contracts/supervision.py",
    "core/transactions/bookings/refunds.py",
    "core/values/card_numbers.py",
    "deploy/sandbox/simulators/acquirer/host.py",
    "tests/integration/core/transactions/test_reversals.py",
    "tests/integration/core/transactions/world.py",
    "tests/integration/gateway/test_agreements.py",
    "tests/integration/gateway/test_scope_walk.py",
}
LONGER_LINES_MAX = 700

# Written in pieces, so that this file does not contain what it looks for.
REGISTRY_ADDRESS = re.compile(
    "|".join(("files.python" + "hosted", "pypi." + "org", "registry.npm" + "js", "--index" + "-url +http"))
)
ENVIRONMENT = re.compile(r"\bos\.(?:environ|getenv)\b")
MACHINE_PATH = re.compile("|".join(("/wo" + "rk/", "/r" + "oot/", "/ho" + r"me/[a-z]", "/Us" + "ers/[a-z]")))


def test_top_level_folders_are_those_of_the_house() -> None:
    found = {path.relative_to(CHECKOUT).parts[0] for path in tracked_files() if path.parent != CHECKOUT}
    assert found <= TOP_LEVEL_FOLDERS


def test_no_file_is_too_long_to_read() -> None:
    lengths = {shown(path): len(path.read_text().splitlines()) for path in python_files()}
    assert {
        name: lines
        for name, lines in lengths.items()
        if lines > (LONGER_LINES_MAX if name in LONGER else LINES_MAX)
    } == {}


def test_no_registry_address_is_committed() -> None:
    assert _files_with(REGISTRY_ADDRESS) == []


def test_no_path_of_one_machine_is_committed() -> None:
    assert _files_with(MACHINE_PATH) == []


def test_the_import_contract_closes_all_of_core_but_bus_contracts_and_values() -> None:
    config = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    rules = config["tool"]["importlinter"]["contracts"]
    (zones,) = [each for each in rules if each["name"].startswith("Edge and gateway")]
    assert "core.*" in zones["forbidden_modules"]
    opened = {one.rpartition("-> ")[2].removesuffix(".**") for one in zones["ignore_imports"]}
    assert opened == {"core.bus", "core.contracts", "core.values"}


def test_every_contract_and_every_manifest_is_in_the_list() -> None:
    manifests = {path.parent.name for path in (CHECKOUT / "core").glob("*/slice.py")}
    assert manifests == {name for name, _ in CONTRACTS} == {each.name for each in SLICES}
    modules = [
        import_module(f"core.contracts.{each.name}") for each in pkgutil.iter_modules(contracts.__path__)
    ]
    declaring = {
        each.__name__
        for each in modules
        if any(isinstance(value, (Operation, FrameRequest)) for value in vars(each).values())
    }
    assert declaring == {each.__name__ for _, each in CONTRACTS}


def test_no_import_leads_back_to_where_it_began() -> None:
    """Imports for type checking only count too. Raises: CycleError, which names the circle."""
    config = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    packages = config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == TOP_LEVEL_FOLDERS - {".ci", "docs", "tests"}
    graph = grimp.build_graph(*packages, "tests", cache_dir=None)
    TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    ).prepare()


def test_the_environment_is_read_where_a_process_begins() -> None:
    begins = {
        "core/app.py",
        "core/verify/__main__.py",
        "edge/cards/main.py",
        "edge/main.py",
        "gateway/__main__.py",
    }
    reads = {
        shown(path)
        for path in python_files()
        if shown(path).startswith(("core/", "edge/", "gateway/", "portals/", "observability/"))
        and ENVIRONMENT.search(path.read_text())
    }
    assert reads == begins | {"portals/agent/__main__.py", "portals/customer/__main__.py"}


def _files_with(pattern: re.Pattern[str]) -> list[str]:
    found: list[str] = []
    for path in tracked_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{shown(path)}: {match.group()}" for match in pattern.finditer(text)]
    return found
