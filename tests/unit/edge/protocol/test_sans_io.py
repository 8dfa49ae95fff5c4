"""The protocol and the dialects do no input, no output and read no clock: what they need is an argument."""

import ast
from pathlib import Path

import pytest

import edge.dialects
import edge.protocol

FORBIDDEN = {
    "asyncio",
    "socket",
    "ssl",
    "time",
    "random",
    "logging",
    "nats",
    "asyncpg",
    "core",
    "gateway",
    "portals",
}
FILES = [
    file
    for package in (edge.protocol, edge.dialects)
    for folder in package.__path__
    for file in sorted(Path(folder).glob("*.py"))
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_file_imports_nothing_of_the_world(file: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            # The values are as pure as what is held to be so here, and everybody's.
            imported.add(module if module.startswith("core.values.") else module.split(".")[0])
    assert imported & FORBIDDEN == set()
