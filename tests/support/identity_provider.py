"""An OpenID Connect provider on a real socket, whose every answer a test can bend."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "guichet", "a client secret"
CODE = "an authorisation code"


class Provider:
    """Signs `claims` for whoever brings the code, the client's secret and the verifier behind the challenge."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.published = [self.key]
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.claims: dict[str, Any] = {}
        self.challenge = ""
        self.described_as: str | None = None

    def description(self) -> dict[str, str]:
        """Return what stands under /.well-known."""
        return {
            "issuer": self.described_as or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        """Return the public keys."""
        return dict(KeySet(list(self.published)).as_dict(private=False))

    def exchange(self, form: dict[str, list[str]], authorization: str) -> dict[str, str] | None:
        """Return tokens, None for who has no right to them."""
        who = b64decode(authorization.removeprefix("Basic ")).decode()
        challenge = urlsafe_b64encode(sha256(form["code_verifier"][0].encode()).digest()).rstrip(b"=")
        if who != f"{CLIENT_ID}:{CLIENT_SECRET}" or challenge.decode() != self.challenge:
            return None
        if form["code"] != [CODE]:
            return None
        if self.header["alg"] == "none":
            parts = (json.dumps(self.header), json.dumps(self.claims))
            return {"id_token": ".".join([*(_text(part.encode()) for part in parts), ""])}
        key = OctKey.import_key(self.key.as_pem(private=False)) if self.header["alg"] == "HS256" else self.key
        algorithms = [self.header["alg"]]
        return {"id_token": jwt.encode(self.header, self.claims, key, algorithms=algorithms)}


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Serve on a free port of loopback."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self._answer(provider.keys() if path == "/keys" else provider.description())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(provider.exchange(parse_qs(body), self.headers["authorization"]))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- The name is the base class’s.
            """Say nothing."""

        def _answer(self, content: Any) -> None:
            encoded = json.dumps(content).encode()
            self.send_response(200 if content is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
