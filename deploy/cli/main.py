"""Entry point of `guichet`: find the group, import it alone, run it, and turn errors into one line.

A group is a module with a cyclopts `app` named "guichet GROUP"; the first word of the command line names it.
To add one, write the module and add it to GROUPS and its line to words.py. Only the chosen group is
imported, so that help and completion answer at once.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from typing import Any, Final

from deploy.cli.words import asked_language, say
from deploy.local.errors import LocalError

GROUPS: Final = {
    "up": "deploy.cli.up",
    "status": "deploy.cli.status",
    "down": "deploy.cli.down",
    "terminal": "deploy.cli.terminal",
    "fleet": "deploy.cli.fleet",
    # Benchmarks start stacks and drive simulators, so perf imports deploy and is only named here.
    "bench": "perf.bench.commands",
    "verify": "deploy.cli.verify",
    "code": "deploy.cli.code",
    "buy": "deploy.cli.buy",
    "clock": "deploy.cli.clock",
    "collect": "deploy.cli.collect",
}

EXIT_USAGE = 2
EXIT_UNEXPECTED = 70
EXIT_INTERRUPTED = 130


def main(tokens: list[str] | None = None) -> None:
    """Run the command line and exit with its code: 0 done, 2 misused, others by the error."""
    given = sys.argv[1:] if tokens is None else tokens
    try:
        code = _run(given)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except LocalError as error:
        code = _complain(given, error, error.exit_code)
    except Exception as error:
        code = _complain(given, error, EXIT_UNEXPECTED)
    sys.exit(code)


def _run(tokens: list[str]) -> int:
    if not tokens or tokens[0] in {"--help", "-h", "help"}:
        print(_help(tokens))
        return 0
    if tokens[0] == "--version":
        from importlib.metadata import version  # noqa: PLC0415 - only this answer needs it.

        print(version("guichet"))
        return 0
    if tokens[0].startswith("--lang") and any(token in GROUPS for token in tokens):
        tokens = _group_first(tokens)
    if tokens[0] not in GROUPS:
        if any(token in {"--help", "-h"} for token in tokens):
            print(_help(tokens))
            return 0
        print(
            f"guichet: {say(asked_language(tokens), 'error.unknown-command', command=tokens[0])}",
            file=sys.stderr,
        )
        return EXIT_USAGE
    return _run_group(tokens[0], tokens[1:])


def _run_group(name: str, tokens: list[str]) -> int:
    from cyclopts import CycloptsError  # noqa: PLC0415 - it takes a third of a second to import.

    app = importlib.import_module(GROUPS[name]).app
    try:
        command, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        said = " ".join(str(error).split()).rstrip(".")
        print(
            f"guichet: {say(asked_language(tokens), 'error.usage', said=said, command=name)}", file=sys.stderr
        )
        return EXIT_USAGE
    result: Any = command(*bound.args, **bound.kwargs)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return result if isinstance(result, int) else 0


def _help(tokens: list[str]) -> str:
    spoken = asked_language(tokens)
    lines = [say(spoken, "usage"), "", say(spoken, "commands")]
    lines += [f"  {name:<10} {say(spoken, f'group.{name}')}" for name in GROUPS]
    return "\n".join([*lines, "", say(spoken, "more-help")])


def _group_first(tokens: list[str]) -> list[str]:
    """Move options that were written before the group behind it."""
    index = next(index for index, token in enumerate(tokens) if token in GROUPS)
    return [tokens[index], *tokens[index + 1 :], *tokens[:index]]


def _complain(tokens: list[str], error: Exception, code: int) -> int:
    if os.environ.get("GUICHET_DEBUG") == "1":
        raise error
    spoken = asked_language(tokens)
    if not isinstance(error, LocalError):
        said = " ".join(str(error).split())
        line = say(spoken, "error.unexpected", kind=type(error).__name__, said=said)
    else:
        line = error.said(spoken)
    print(f"guichet: {' '.join(line.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
