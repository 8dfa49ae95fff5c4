"""What the sandbox's processes do alike: they are on loopback, log in lines, and say in one why they cannot run."""

import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from observability.process import SettingRefused, port_of, required, run_process

EX_CONFIG: Final = 78
HOST: Final = "127.0.0.1"


def run_in_sandbox(
    name: str,
    run: Callable[[dict[str, str]], Coroutine[Any, Any, None]],
    *refusals: type[Exception],
) -> int:
    """Run with the environment of this process to the end; a setting that is refused, or one of `refusals`, is a line and an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    exits = dict.fromkeys((SettingRefused, ValueError, OSError, *refusals), EX_CONFIG)
    return run_process(name, lambda: run(dict(os.environ)), exits)


def required_port(environment: Mapping[str, str], name: str) -> int:
    """Return a port that has no default. Raises: SettingRefused."""
    required(environment, name)
    return port_of(environment, name)
