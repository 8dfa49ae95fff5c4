"""TLS towards terminals: 1.2 at least, client certificates of our authority, every refused handshake counted.

Event loops keep a failed handshake to themselves: neither protocol method is called. The SSL object sees it first.
"""

import ssl
from typing import Any, Final

import structlog

from edge.settings import TlsFiles
from observability import metrics
from observability.process import SettingRefused

_X509_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED

_log = structlog.get_logger("edge.tls")


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the listener's TLS. Raises: SettingRefused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # Tickets of TLS 1.3 would be a write that no terminal reads, and memory for each connection.
    context.num_tickets = 0
    context.sslobject_class = WatchedSslObject
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(files.authority)
    except (OSError, ssl.SSLError) as error:
        raise SettingRefused("GUICHET_TLS_DIR: a certificate or key cannot be read") from error
    return context


class WatchedSslObject(ssl.SSLObject):
    """Says how its handshake ended: well, refused for a cause, or not at all by the deadline."""

    _ended = False

    def do_handshake(self) -> None:
        """Take one step. Raises: ssl.SSLError."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self._ended = True
            _refused(_cause(error))
            raise
        self._ended = True

    def __del__(self, *_: Any) -> None:
        if not self._ended:
            # The loop gave up at the handshake deadline, or the peer hung up.
            _refused("tls_unfinished")


def _cause(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "tls_certificate_expired" if error.verify_code == _X509_EXPIRED else "tls_certificate"
    return "tls_no_certificate" if error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE" else "tls_error"


def _refused(cause: str) -> None:
    metrics.EDGE_CONNECTIONS_CLOSED.child(cause).n += 1
    _log.warning("tls_refused", cause=cause)
