"""Options that every command takes, and the two ways of answering: for people and for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from core.values.bilingual import Language
from deploy.cli.words import language, say
from deploy.local.data_folder import check_readable
from deploy.local.errors import NotRunning
from deploy.local.python_process import CHECKOUT
from deploy.local.state_file import StackState, read_state

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_FILE = 140
DEFAULT_DATA = CHECKOUT / ".data"


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """--data, --json and --lang."""

    data: Path = DEFAULT_DATA
    "Where the copy of Guichet keeps its data."
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
    "Answer with JSON, for programs."
    lang: str | None = None
    "Language of the answer: en or fr."

    @property
    def spoken(self) -> Language:
        """The language to answer in."""
        return language(self.lang)

    def say(self, key: str, **facts: object) -> str:
        """Return words of the catalogue in the language to answer in."""
        return say(self.spoken, key, **facts)

    def running(self) -> StackState:
        """Return the state of the copy that runs on --data. Raises: NotRunning, FolderOfAnother."""
        # Its state is for its owner alone to read: to another user a running copy would look like none.
        check_readable(self.data)
        state = read_state(self.data)
        if state is None or not state.is_supervised:
            raise NotRunning(self.data)
        return state

    def print_json(self, answer: Any) -> None:
        """Print one JSON document on one line, at once."""
        print(json.dumps(answer, ensure_ascii=False, default=str), flush=True)

    def print_line(self, line: str) -> None:
        """Print one line for people, at once."""
        print(line, file=sys.stdout, flush=True)

    def console(self) -> Console:
        """Return a console for tables, wide enough in a file or a pipe as well."""
        from rich.console import Console  # noqa: PLC0415 - a program that reads JSON needs no tables.

        return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


COMMON = Common()
