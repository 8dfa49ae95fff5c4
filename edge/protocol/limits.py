"""The named limits of a terminal connection and of a host link (EDG-12). The shells count and log by these names."""

from typing import Final

# Terminal connections.
FRAME_BYTES_MAX: Final = 4096
READ_DEADLINE_S: Final = 30.0  # For the rest of a frame whose first byte has come.
SIGN_ON_DEADLINE_S: Final = 15.0  # From the accepted connection to its sign-on.
IDLE_TIMEOUT_S: Final = 600.0
TLS_HANDSHAKE_TIMEOUT_S: Final = 5.0
MESSAGES_PER_SECOND_MAX: Final = 50
MALFORMED_MAX: Final = 5  # Malformed messages that a connection may send before it is closed.
IN_FLIGHT_MAX: Final = 8  # Requests of one terminal that have no answer yet.

# Host links.
HOST_IN_FLIGHT_MAX: Final = 4096
HOST_LATE_KEYS_MAX: Final = 16384  # Expired keys remembered, to tell a late reply from an unsolicited one.
HOST_LATE_S: Final = (
    300.0  # How long after its deadline an answer may still come: its key is not used anew before.
)
HOST_OUTSTANDING_MAX: Final = 131_072  # Keys of one acquirer whose answer may still come.
# A host drops a link after 30 s of silence, so echo well inside that.
HOST_ECHO_AFTER_S: Final = 20.0
HOST_SIGN_ON_DEADLINE_S: Final = 10.0
HOST_ECHO_DEADLINE_S: Final = 5.0
HOST_SIGNED_OFF_S: Final = 30.0  # After a host's sign-off; then we ask whether it is back.
HOST_SETTLED_S: Final = 10.0  # A link that has been up so long works: its back-off begins anew.
HOST_ASKED_MAX: Final = 64  # Requests of a host that core has not kept yet.

# Chip data (field 55).
TLV_BYTES_MAX: Final = 999
TLV_ELEMENTS_MAX: Final = 64

# Message shapes that a codec keeps compiled, per direction.
SHAPES_MAX: Final = 256
SHAPE_CANDIDATES_MAX: Final = 1024
