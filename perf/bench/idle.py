"""Idle terminals by the thousand: each signs on over its own socket, over TLS with a certificate, then says nothing.

The TLS state of our end is dropped after the sign-on and the bare socket kept: edge keeps its own, which is measured.
"""

import resource
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from deploy.local.authority import DevelopmentAuthority
from deploy.local.errors import LocalError
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.requests import Identity, Moment
from edge.dialects import DIALECTS
from edge.protocol.framing import FrameReader, frame

AT_ONCE = 16
ANSWER_TIMEOUT_S = 15.0
DESCRIPTORS_BESIDE = 1_000
_CODEC = DIALECTS["ascii1987"]


class IdleTerminals:
    """Sockets to one listener of edge. `authority` makes it TLS."""

    def __init__(self, address: tuple[str, int], authority: DevelopmentAuthority | None) -> None:
        self._address = address
        self._authority = authority
        self._sockets: list[socket.socket] = []

    def open(self, identities: list[Identity], *, each: int) -> None:
        """Connect and sign on all of them, `each` times; blocks for as long as it takes. Raises: LocalError."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [pool.submit(self._open_some, identity, each) for identity in identities]
            try:
                for future in futures:
                    self._sockets += future.result()
            except (OSError, LocalError) as error:
                for future in futures:
                    future.cancel()
                self.close()
                raise LocalError("terminal-not-served", error=error) from error

    def close(self) -> None:
        """Hang up, all of them."""
        for one in self._sockets:
            one.close()
        self._sockets.clear()

    def prepare(self, identities: list[Identity]) -> None:
        """Make the certificates that are missing, outside the measured time."""
        if self._authority is not None:
            now = datetime.now(UTC)
            for identity in identities:
                self._authority.terminal_certificate(identity.terminal, now=now)

    def _open_some(self, identity: Identity, count: int) -> list[socket.socket]:
        context = self._context(identity, self._authority) if self._authority is not None else None
        return [self._open_one(identity, context) for _ in range(count)]

    def _open_one(self, identity: Identity, context: ssl.SSLContext | None) -> socket.socket:
        opened = socket.create_connection(self._address, ANSWER_TIMEOUT_S)
        try:
            if context is not None:
                opened = context.wrap_socket(opened, server_hostname=self._address[0])
            _sign_on(opened, identity)
        except BaseException:
            opened.close()
            raise
        return socket.socket(fileno=opened.detach())

    def _context(self, identity: Identity, authority: DevelopmentAuthority) -> ssl.SSLContext:
        files = authority.terminal_certificate(identity.terminal, now=datetime.now(UTC))
        context = ssl.create_default_context(cafile=str(authority.authority_certificate))
        context.load_cert_chain(files.certificate, files.key)
        return context


def raise_descriptor_limit(sockets: int) -> None:
    """Let this process, and those that it starts, open so many sockets. Raises: LocalError."""
    needed = sockets + DESCRIPTORS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise LocalError("too-few-open-files", sockets=sockets, needed=needed, allowed=hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _sign_on(wire: socket.socket, identity: Identity) -> None:
    """Raises: LocalError when edge does not welcome the terminal."""
    message = requests.sign_on(identity, stan="000001", at=Moment.of(datetime.now(UTC)))
    wire.sendall(frame(_CODEC.encode(message)))
    reader = FrameReader()
    frames: list[bytes] = []
    while not frames:
        data = wire.recv(4096)
        if not data:
            raise LocalError("connection-closed", terminal=identity.terminal)
        frames = reader.feed(data)
    code = _CODEC.decode(frames[0]).get(39)
    if code != "00":
        raise LocalError("sign-on-failed", terminal=identity.terminal, response_code=code)
