"""The processes of the stack, one row each: command, ports, environment, order, and which secrets it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# The servers' ports come last, so that what a person types into a browser comes first.
SERVER_PORTS = ("postgres", "nats", "nats-monitoring")


@dataclass(frozen=True)
class Place:
    """Where one stack lives: what a process may be told about it, secrets by explicit call."""

    data_dir: Path
    ports: Mapping[str, int]
    database_url: Callable[[], str]
    nats_url: Callable[[str], str]

    def port(self, name: str) -> str:
        """Return the port as environment text."""
        return str(self.ports[name])

    def address(self, name: str) -> str:
        """Return 127.0.0.1:port."""
        return f"127.0.0.1:{self.ports[name]}"

    def path(self, name: str) -> str:
        """Return the absolute path of `name` in the data directory."""
        return str((self.data_dir / name).absolute())


@dataclass(frozen=True)
class ProcessSpec:
    """One row of the table. `arguments` follow `python -m module`."""

    name: str
    module: str
    environment: Callable[[Place], dict[str, str]]
    # The names of the ports that it opens; the first is the one that people are shown.
    ports: tuple[str, ...]
    health_port: str
    # Lower stops earlier: first whoever starts payments, last whoever keeps them.
    stop_order: int
    arguments: tuple[str, ...] = ()
    # It starts once all the others are ready.
    starts_last: bool = False


def _core_role(role: str, more: Callable[[Place], dict[str, str]] = lambda _place: {}) -> ProcessSpec:
    health = f"core-{role}-health"
    return ProcessSpec(
        name=f"core-{role}",
        module="core",
        arguments=("--role", role),
        ports=(health,),
        health_port=health,
        stop_order=6,
        # Core alone gets the database, and nothing of card keys or certificates.
        environment=lambda place: {
            "GUICHET_DATABASE_URL": place.database_url(),
            "GUICHET_NATS_URL": place.nats_url(role),
            **more(place),
        },
    )


def _site(name: str, module: str, more: Callable[[Place], dict[str, str]]) -> ProcessSpec:
    """A site for browsers before the gateway, at a port of its own name."""
    return ProcessSpec(
        name=name,
        module=module,
        ports=(name,),
        health_port=name,
        stop_order=4,
        environment=lambda place: {
            "GUICHET_HTTP_PORT": place.port(name),
            "GUICHET_GATEWAY_URL": f"http://{place.address('gateway')}",
            **more(place),
        },
    )


PROCESSES: tuple[ProcessSpec, ...] = (
    _site(
        "portal", "portals.agent", lambda place: {"GUICHET_SECRET_FILE": place.path("secrets/portal-cookies")}
    ),
    ProcessSpec(
        name="gateway",
        module="gateway",
        ports=("gateway",),
        health_port="gateway",
        stop_order=3,
        environment=lambda place: {
            "GUICHET_NATS_URL": place.nats_url("gateway"),
            "GUICHET_HTTP_PORT": place.port("gateway"),
        },
    ),
    ProcessSpec(
        name="edge",
        module="edge",
        ports=("edge", "edge-tls", "edge-health"),
        health_port="edge-health",
        stop_order=2,
        environment=lambda place: {
            "GUICHET_NATS_URL": place.nats_url("edge"),
            "GUICHET_EDGE_PORT": place.port("edge"),
            "GUICHET_EDGE_TLS_PORT": place.port("edge-tls"),
            "GUICHET_KEYS_DIR": place.path("keys"),
            "GUICHET_TLS_DIR": place.path("tls"),
            "GUICHET_ACQUIRER_PRIMARY": place.address("acquirer"),
            "GUICHET_ACQUIRER_SECONDARY": place.address("acquirer-secondary"),
        },
    ),
    ProcessSpec(
        name="edge-cards",
        module="edge.cards",
        ports=("cards", "cards-tls", "cards-health"),
        health_port="cards-health",
        stop_order=2,
        environment=lambda place: {
            "GUICHET_NATS_URL": place.nats_url("cards"),
            "GUICHET_FRAME_PORT": place.port("cards"),
            "GUICHET_FRAME_TLS_PORT": place.port("cards-tls"),
            "GUICHET_KEYS_DIR": place.path("keys"),
            "GUICHET_TLS_DIR": place.path("tls"),
            "GUICHET_CARD_FRAME_URL": f"http://localhost:{place.port('cards')}",
            "GUICHET_DIRECTORY_URL": f"http://localhost:{place.port('bank')}",
            "GUICHET_ISSUER_CERTIFICATE": place.path("tls/issuer.crt"),
        },
    ),
    ProcessSpec(
        name="bank",
        module="deploy.sandbox.simulators.bank",
        ports=("bank", "bank-health"),
        health_port="bank-health",
        stop_order=5,
        environment=lambda place: {
            "GUICHET_BANK_PORT": place.port("bank"),
            "GUICHET_BANK_KEY_FILE": place.path("tls/issuer.key"),
            "GUICHET_BANK_AUTHORITY_FILE": place.path("tls/authority.crt"),
        },
    ),
    ProcessSpec(
        name="acquirer",
        module="deploy.sandbox.simulators.acquirer",
        ports=("acquirer", "acquirer-secondary", "acquirer-control", "acquirer-health"),
        health_port="acquirer-health",
        stop_order=5,
        environment=lambda place: {
            "GUICHET_ACQUIRER_PORT": place.port("acquirer"),
            "GUICHET_ACQUIRER_PORT_SECONDARY": place.port("acquirer-secondary"),
            "GUICHET_CONTROL_PORT": place.port("acquirer-control"),
            "GUICHET_BOOK_DIR": place.path("acquirer"),
        },
    ),
    _core_role("engine"),
    # Links, passkeys and single sign-on are bound to where the agents' browsers are. A passkey wants a name, no address.
    _core_role(
        "desk",
        lambda place: {
            "GUICHET_PORTAL_URL": f"http://localhost:{place.port('portal')}",
            "GUICHET_SPACE_URL": f"http://localhost:{place.port('space')}",
            "GUICHET_WEBHOOK_LOOPBACK": "allowed",
            "GUICHET_SHOP_LOOPBACK": "allowed",
            "GUICHET_TEST_CLOCK": "1",
            "GUICHET_CARD_FRAME_URL": f"http://localhost:{place.port('cards')}",
        },
    ),
    _core_role(
        "worker",
        lambda place: {
            "GUICHET_SMTP": place.address("mailbox-smtp"),
            "GUICHET_PORTAL_URL": f"http://localhost:{place.port('portal')}",
            "GUICHET_SPACE_URL": f"http://localhost:{place.port('space')}",
            # The sandbox's receiver is on this machine.
            "GUICHET_WEBHOOK_LOOPBACK": "allowed",
            "GUICHET_TEST_CLOCK": "1",
        },
    ),
    ProcessSpec(
        name="fleet",
        module="deploy.sandbox.simulators.fleet",
        ports=("fleet-control", "fleet-health"),
        health_port="fleet-health",
        stop_order=1,
        starts_last=True,
        environment=lambda place: {
            "GUICHET_EDGE_PORT": place.port("edge"),
            "GUICHET_CONTROL_PORT": place.port("fleet-control"),
            "GUICHET_FLEET_JOURNAL": place.path("fleet/journal.jsonl"),
            "GUICHET_FLEET_RATE": "2",
        },
    ),
    ProcessSpec(
        name="mailbox",
        module="deploy.sandbox.mailbox",
        ports=("mailbox", "mailbox-smtp"),
        health_port="mailbox",
        stop_order=7,
        environment=lambda place: {
            "GUICHET_SMTP_PORT": place.port("mailbox-smtp"),
            "GUICHET_MAILBOX_DIR": place.path("mailbox"),
        },
    ),
    ProcessSpec(
        name="receiver",
        module="deploy.sandbox.receiver",
        ports=("receiver",),
        health_port="receiver",
        stop_order=8,
        environment=lambda place: {
            "GUICHET_WEBHOOK_RECEIVER_KEY": place.path("secrets/webhook-receiver"),
            "GUICHET_RECEIVER_DIR": place.path("receiver"),
        },
    ),
    _site(
        "shop",
        "deploy.sandbox.shop",
        lambda place: {
            "GUICHET_SHOP_KEY_FILE": place.path("secrets/shop-key"),
            "GUICHET_SPACE_URL": f"http://localhost:{place.port('space')}",
            "GUICHET_RECEIVER_URL": f"http://localhost:{place.port('receiver')}",
            "GUICHET_MAILBOX_URL": f"http://localhost:{place.port('mailbox')}",
        },
    ),
    _site(
        "space",
        "portals.customer",
        lambda place: {"GUICHET_SECRET_FILE": place.path("secrets/space-cookies")},
    ),
)


def port_names(table: tuple[ProcessSpec, ...]) -> tuple[str, ...]:
    """Return every port of the stack in the order in which `--ports-from` numbers them."""
    return tuple(port for spec in table for port in spec.ports) + SERVER_PORTS


def environment_of(spec: ProcessSpec, place: Place, *, log_level: str) -> dict[str, str]:
    """Return what the process finds in its environment besides the few inherited variables."""
    return {
        "GUICHET_DATA": str(place.data_dir.absolute()),
        "GUICHET_HEALTH_PORT": place.port(spec.health_port),
        "GUICHET_LOG_LEVEL": log_level,
        **spec.environment(place),
    }
