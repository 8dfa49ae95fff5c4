"""What a client of a server on this machine needs of TLS: nothing."""

from __future__ import annotations

import ssl
from typing import Final

# Every client would read the authorities of the web anew, which takes as long as ten requests.
NO_AUTHORITIES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
