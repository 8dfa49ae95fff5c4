"""Named limits of the shells, besides those of edge.protocol.limits."""

from typing import Final

CONNECTIONS_MAX: Final = 20_000
CONNECTIONS_PER_TERMINAL_MAX: Final = 4  # The oldest gives way: it is a half-open one as a rule.
WRITE_BUFFER_BYTES_MAX: Final = 64 * 1024  # A terminal that does not read its answers is closed.
LISTEN_BACKLOG: Final = 1024

BATCH_ITEMS_MAX: Final = 512
WAITING_MAX: Final = 8192
PENDING_MAX: Final = 65_536
ANSWER_DEADLINE_S: Final = 20  # A terminal has given up by then and repeats.
REQUEST_TIMEOUT_S: Final = 10.0  # Reversals, bookings and totals; the terminal repeats.
SIGN_ON_TIMEOUT_S: Final = 5.0
DRAIN_S: Final = 3.0

WHEEL_SLOTS: Final = 16
TICK_S: Final = 1.0 / WHEEL_SLOTS  # So that each connection is looked at once a second.

HOST_CONNECT_TIMEOUT_S: Final = 3.0
# Grows until a link has worked for a while, however often the host took the connection and no more.
HOST_BACK_OFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
HOST_WRITE_BUFFER_BYTES_MAX: Final = 4 * 1024 * 1024
HOST_TICK_S: Final = 0.05
HOST_SOCKETS_MAX: Final = 8
REPLY_SUBJECTS_MAX: Final = 64
