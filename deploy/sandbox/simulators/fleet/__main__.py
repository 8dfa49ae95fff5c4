"""`python -m deploy.sandbox.simulators.fleet`: a small estate in the background of a demonstration.

GUICHET_EDGE_PORT (required); GUICHET_FLEET_RATE: payments a second (2); GUICHET_FLEET_TERMINALS: their identifiers,
separated by commas, each possibly followed by `:` and its card acceptor; GUICHET_FLEET_JOURNAL; GUICHET_DATA: where
the STANs are kept; GUICHET_CONTROL_PORT and GUICHET_HEALTH_PORT: health, figures.
"""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from deploy.sandbox.simulators.fleet.estate import Estate, Plan
from deploy.sandbox.simulators.requests import Identity
from observability.small_http import TEXT, Request, Response, problem, serve

DEFAULT_TERMINALS = ",".join(f"T{number:07d}" for number in range(1, 13))
STAN_FILE = "stans.json"


def identities(text: str) -> list[Identity]:
    """Return the terminals of a comma-separated list. Raises: ValueError."""
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    for terminal, _, acceptor in parts:
        if len(terminal) > 8 or len(acceptor) > 15:
            raise ValueError(f"GUICHET_FLEET_TERMINALS: {terminal!r} is too long")
    return [Identity(f"{terminal:<8}", f"{acceptor:<15}") for terminal, _, acceptor in parts]


def answer(estate: Estate, request: Request) -> Response:
    """Answer health probes and show the figures."""
    match request.method, request.path:
        case "GET", "/health/live":
            return Response(200, {"status": "live"})
        case "GET", "/health/ready":
            return Response(200, {"status": "ready", "online": estate.online})
        case "GET", "/stats":
            return Response(200, estate.summary())
        case "GET", "/metrics":
            return Response(200, metrics(estate), TEXT)
        case _:
            return problem(404, "not_found", "There is nothing here.")


def metrics(estate: Estate) -> bytes:
    """Return the figures as Prometheus text."""
    figures = msgspec.to_builtins(estate.summary())
    lines = ["# TYPE guichet_fleet_online gauge", f"guichet_fleet_online {estate.online}"]
    for name in ("sent", "approved", "declined", "unknown", "reversed", "advices", "echoes"):
        lines += [f"# TYPE guichet_fleet_{name}_total counter", f"guichet_fleet_{name}_total {figures[name]}"]
    lines += ["# TYPE guichet_fleet_waiting gauge", f"guichet_fleet_waiting {figures['waiting']}"]
    return ("\n".join(lines) + "\n").encode()


async def run(environment: dict[str, str]) -> None:
    """Behave until SIGTERM or SIGINT. Raises: SettingRefused, ValueError, OSError."""
    journal, data = environment.get("GUICHET_FLEET_JOURNAL"), environment.get("GUICHET_DATA")
    rate = float(environment.get("GUICHET_FLEET_RATE") or 2)
    if not 0 < rate <= 10_000:
        raise ValueError("GUICHET_FLEET_RATE is above 0 and at most 10000")
    estate = Estate(
        Plan(
            host=HOST,
            port=required_port(environment, "GUICHET_EDGE_PORT"),
            terminals=identities(environment.get("GUICHET_FLEET_TERMINALS") or DEFAULT_TERMINALS),
            rate_per_s=rate,
            rough=0.01,
            parts=0.01,
            foreign=0.001,
            resets=0.002,
            odd_clocks=0.3,
            journal=Path(journal) if journal else None,
            stan_file=Path(data) / STAN_FILE if data else None,
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, estate.stop)
    wanted = (environment.get(name) for name in ("GUICHET_CONTROL_PORT", "GUICHET_HEALTH_PORT"))
    servers = [
        await serve(lambda request: answer(estate, request), host=HOST, port=int(port))
        for port in wanted
        if port
    ]
    await estate.run()
    for server in servers:
        server.close()


def main() -> int:
    """Run the estate; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("fleet", run)


if __name__ == "__main__":
    sys.exit(main())
