"""The NATS client protocol, sans-IO: bytes in, calls on a sink, bytes to send.

Source: https://docs.nats.io/reference/reference-protocols/nats-protocol
"""

from typing import Final, Protocol

import msgspec

from core.bus.errors import WireMalformed

CONTROL_LINE_BYTES_MAX: Final = 64 * 1024  # INFO lists every server of a cluster.
PAYLOAD_BYTES_MAX: Final = 8 * 1024 * 1024

PING: Final = b"PING\r\n"
PONG: Final = b"PONG\r\n"


class ServerInfo(msgspec.Struct):
    """What we use of the server's INFO line."""

    server_name: str = ""
    max_payload: int = 1024 * 1024
    tls_required: bool = False
    headers: bool = False


class ConnectOptions(msgspec.Struct, omit_defaults=False):
    """Our CONNECT line. `no_responders` makes the server say at once that nobody listens."""

    name: str
    user: str | None = None
    password: str | None = msgspec.field(default=None, name="pass")
    verbose: bool = False
    pedantic: bool = False
    tls_required: bool = False
    lang: str = "python"
    version: str = "1"
    protocol: int = 1
    headers: bool = True
    no_responders: bool = True
    echo: bool = True


class WireSink(Protocol):
    """Receives what the server sends, in order."""

    def message(self, sid: bytes, subject: bytes, reply: bytes, payload: bytes) -> None:
        """One message of a subscription."""

    def no_responders(self, sid: bytes, subject: bytes) -> None:
        """Nobody listened to what was published with this reply subject."""

    def ping(self) -> None:
        """The server wants a PONG."""

    def pong(self) -> None:
        """The answer to the oldest PING of ours."""

    def info(self, info: ServerInfo) -> None:
        """Greeting, or a change in the cluster."""

    def error(self, text: str) -> None:
        """The server complains; it closes the connection after most complaints."""


class WireReader:
    """Cuts the stream into operations. Holds at most one incomplete operation."""

    __slots__ = ("_chunks", "_have", "_need", "_sink")

    def __init__(self, sink: WireSink) -> None:
        self._sink = sink
        self._chunks: list[bytes] = []
        self._have = 0
        self._need = 0

    def feed(self, data: bytes) -> None:
        """Call the sink for every operation that these bytes complete.

        Raises: WireMalformed; the stream cannot be followed any further.
        """
        if self._chunks:
            self._chunks.append(data)
            self._have += len(data)
            if self._have < self._need:
                return None
            data = b"".join(self._chunks)
            self._chunks.clear()
        position = 0
        size = len(data)
        while position < size:
            line_end = data.find(b"\r\n", position)
            if line_end < 0:
                if size - position > CONTROL_LINE_BYTES_MAX:
                    raise WireMalformed("control line without an end")
                return self._keep(data, position, need=0)
            if data.startswith(b"MSG ", position):
                parts = data[position + 4 : line_end].split(b" ")
                payload_bytes = _size(parts[-1])
                start = line_end + 2
                end = start + payload_bytes
                if end + 2 > size:
                    return self._keep(data, position, need=end + 2 - position)
                if len(parts) == 3:
                    self._sink.message(parts[1], parts[0], b"", data[start:end])
                elif len(parts) == 4:
                    self._sink.message(parts[1], parts[0], parts[2], data[start:end])
                else:
                    raise WireMalformed("MSG")
                position = end + 2
            elif data.startswith(b"HMSG ", position):
                next_position = self._headed(data, position, line_end, size)
                if next_position < 0:
                    return None
                position = next_position
            else:
                self._control(data[position:line_end])
                position = line_end + 2
        return None

    def _headed(self, data: bytes, position: int, line_end: int, size: int) -> int:
        parts = data[position + 5 : line_end].split(b" ")
        if len(parts) not in {4, 5}:
            raise WireMalformed("HMSG")
        header_bytes = _size(parts[-2])
        total_bytes = _size(parts[-1])
        start = line_end + 2
        end = start + total_bytes
        if header_bytes > total_bytes:
            raise WireMalformed("HMSG")
        if end + 2 > size:
            self._keep(data, position, need=end + 2 - position)
            return -1
        if data.startswith(b"NATS/1.0 503", start):
            self._sink.no_responders(parts[1], parts[0])
        else:
            reply = parts[2] if len(parts) == 5 else b""
            self._sink.message(parts[1], parts[0], reply, data[start + header_bytes : end])
        return end + 2

    def _control(self, line: bytes) -> None:
        if line == b"PING":
            self._sink.ping()
        elif line == b"PONG":
            self._sink.pong()
        elif line.startswith(b"INFO "):
            try:
                info = msgspec.json.decode(line[5:], type=ServerInfo)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise WireMalformed("INFO") from error
            self._sink.info(info)
        elif line.startswith(b"-ERR"):
            self._sink.error(line[4:].decode("ascii", "replace").strip().strip("'"))
        elif line != b"+OK":
            raise WireMalformed("unknown operation")

    def _keep(self, data: bytes, position: int, *, need: int) -> None:
        rest = data[position:] if position else data
        self._chunks.append(rest)
        self._have = len(rest)
        self._need = need


def connect_line(options: ConnectOptions) -> bytes:
    """Return the CONNECT operation."""
    return b"CONNECT " + msgspec.json.encode(options) + b"\r\n"


def subscribe_line(*, subject: str, queue: str, sid: int) -> bytes:
    """Return the SUB operation. Raises: ValueError for a subject that would break the line."""
    _check_subject(subject)
    if queue:
        _check_subject(queue)
        return f"SUB {subject} {queue} {sid}\r\n".encode()
    return f"SUB {subject} {sid}\r\n".encode()


def unsubscribe_line(sid: int) -> bytes:
    """Return the UNSUB operation."""
    return b"UNSUB %d\r\n" % sid


def publish_line(subject: str, reply: str, payload: bytes) -> bytes:
    """Return the PUB operation. Raises: ValueError for a subject that would break the line."""
    if reply:
        head = f"PUB {subject} {reply} {len(payload)}\r\n"
        if head.count(" ") != 3 or head.count("\n") != 1:
            raise ValueError("a subject holds no blanks")
    else:
        head = f"PUB {subject} {len(payload)}\r\n"
        if head.count(" ") != 2 or head.count("\n") != 1:
            raise ValueError("a subject holds no blanks")
    return b"%b%b\r\n" % (head.encode(), payload)


def _check_subject(subject: str) -> None:
    if not subject or any(character.isspace() for character in subject):
        raise ValueError("a subject holds no blanks")


def _size(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 8:
        raise WireMalformed("size")
    size = int(digits)
    if size > PAYLOAD_BYTES_MAX:
        raise WireMalformed("payload above the bound")
    return size
