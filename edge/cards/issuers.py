"""The way to cards' issuers: the scheme's directory server is asked, and what issuers say is checked by their signature.

Messages are those of EMV 3-D Secure 2.2: AReq and ARes here, CReq with the browser, CRes and RReq signed as they come back.
The number is in the AReq, as the protocol has it, and in nothing that leaves for core.
"""

import base64
from pathlib import Path
from typing import Annotated, Final, Literal

import httpx
import msgspec
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from core.contracts.cards import Authenticate, Authenticated, AuthenticationId, Returned, TransactionStatus
from core.values.ids import IdMalformed
from core.values.money import ALPHA_TO_NUMERIC, EXPONENTS
from core.values.web_pages import is_origin, origin_of
from edge.keys import SealBroken, SecurityModule
from observability.process import SettingRefused

MESSAGE_VERSION: Final = "2.2.0"
ANSWER_TIMEOUT_S: Final = 8.0
"""Above it a holder waits in vain: the payment is asked for again."""

ANSWER_BYTES_MAX: Final = 16 * 1024
SIGNED_BYTES_MAX: Final = 3 * 1024
_SIGNED_BY: Final = ["ES256"]
_SAID_BY: Final = {"browser": "CRes", "server": "RReq"}

_ShortText = Annotated[str, msgspec.Meta(max_length=64)]
_log = structlog.get_logger("edge.cards.issuers")


class WordRefused(Exception):
    """What claims to be an issuer's word is not signed by one, or cannot be read."""


class _Answer(msgspec.Struct):
    """ARes, as far as we read it. Others' fields are theirs to add."""

    message_type: Literal["ARes"] = msgspec.field(name="messageType")
    server_id: _ShortText = msgspec.field(name="threeDSServerTransID")
    status: TransactionStatus = msgspec.field(name="transStatus")
    acs_id: _ShortText = msgspec.field(name="acsTransID", default="")
    directory_id: _ShortText = msgspec.field(name="dsTransID", default="")
    eci: _ShortText = ""
    proof: _ShortText = msgspec.field(name="authenticationValue", default="")
    acs_url: Annotated[str, msgspec.Meta(max_length=500)] = msgspec.field(name="acsURL", default="")


class _Word(msgspec.Struct):
    """CRes and RReq, as far as we read them."""

    message_type: Literal["CRes", "RReq"] = msgspec.field(name="messageType")
    server_id: _ShortText = msgspec.field(name="threeDSServerTransID")
    status: TransactionStatus = msgspec.field(name="transStatus")
    acs_id: _ShortText = msgspec.field(name="acsTransID")
    directory_id: _ShortText = msgspec.field(name="dsTransID")
    cancelled: _ShortText = msgspec.field(name="challengeCancel", default="")
    eci: _ShortText = ""
    proof: _ShortText = msgspec.field(name="authenticationValue", default="")


class Issuers:
    """Asks the directory server at `directory_url`; `signer` is the key by which issuers sign."""

    def __init__(
        self,
        *,
        keys: SecurityModule,
        frame_url: str,
        directory_url: str,
        signer: ECKey | None,
        client: httpx.AsyncClient,
    ) -> None:
        self._keys = keys
        self._frame_url = frame_url
        self._directory_url = directory_url
        self._signer = signer
        self._client = client

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Return the issuer's answer; U where it could not be asked, or its answer is not to this question."""
        if not self._directory_url or self._signer is None:
            return Authenticated("U")
        name = AuthenticationId(asked.id).text
        try:
            answer = await self._ask(self._request_of(asked, name))
        except (SealBroken, httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError, ValueError) as error:
            # Never what was said: the question holds the number.
            _log.warning("directory_silent", cause=type(error).__name__)
            return Authenticated("U")
        if answer.server_id != name or (answer.status == "C" and not origin_of(answer.acs_url)):
            _log.warning("directory_answer_differs")
            return Authenticated("U")
        try:
            return msgspec.convert(
                (
                    answer.status,
                    answer.acs_id,
                    answer.directory_id,
                    answer.eci,
                    answer.proof,
                    answer.acs_url,
                ),
                Authenticated,
            )
        except msgspec.ValidationError:
            _log.warning("directory_answer_malformed")
            return Authenticated("U")

    def read_word(self, signed: str, path: Literal["browser", "server"]) -> Returned:
        """Return an issuer's word on a challenge. Raises: WordRefused, where no issuer signed it, or for another path."""
        if self._signer is None or len(signed) > SIGNED_BYTES_MAX:
            raise WordRefused
        try:
            payload = jws.deserialize_compact(signed, self._signer, algorithms=_SIGNED_BY).payload
            word = msgspec.json.decode(payload, type=_Word)
            if word.message_type != _SAID_BY[path]:
                # What a browser carries is the holder's to send elsewhere, and is worth what browsers' words are.
                raise ValueError("another path")
            return msgspec.convert(
                (
                    bytes(AuthenticationId.read(word.server_id)),
                    word.acs_id,
                    word.directory_id,
                    path,
                    word.status,
                    bool(word.cancelled),
                    word.eci,
                    word.proof,
                ),
                Returned,
            )
        except (JoseError, msgspec.DecodeError, IdMalformed, ValueError, TypeError) as error:
            _log.warning("word_refused", path=path, cause=type(error).__name__)
            raise WordRefused from error

    def _request_of(self, asked: Authenticate, name: str) -> dict[str, str]:
        return {
            "messageType": "AReq",
            "messageVersion": MESSAGE_VERSION,
            "deviceChannel": "02",  # a browser
            "messageCategory": "01" if asked.amount_minor else "02",  # a payment, or none
            "threeDSRequestorChallengeInd": "04",  # the first of a series: a challenge is asked for
            "threeDSServerTransID": name,
            "acctNumber": self._keys.open_card(asked.ciphertext),
            "cardExpiryDate": asked.expiry,
            "merchantName": asked.payee,
            "purchaseAmount": str(asked.amount_minor),
            "purchaseCurrency": ALPHA_TO_NUMERIC[asked.currency],
            "purchaseExponent": str(EXPONENTS.get(asked.currency, 2)),
            "browserLanguage": asked.language,
            "notificationURL": f"{self._frame_url}/authentications/{name}/return",
            "threeDSServerURL": f"{self._frame_url}/results",
        }

    async def _ask(self, request: dict[str, str]) -> _Answer:
        async with self._client.stream(
            "POST", f"{self._directory_url}/areq", json=request, timeout=ANSWER_TIMEOUT_S
        ) as answer:
            answer.raise_for_status()
            content = b""
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    raise ValueError("too long")
        return msgspec.json.decode(content, type=_Answer)


def challenge_request(name: str, acs_id: str) -> str:
    """Return the CReq that a browser takes to the issuer (EMV 3-D Secure 2.2, table A.10)."""
    message = {
        "messageType": "CReq",
        "messageVersion": MESSAGE_VERSION,
        "threeDSServerTransID": name,
        "acsTransID": acs_id,
        "challengeWindowSize": "05",  # the whole window
    }
    return base64.urlsafe_b64encode(msgspec.json.encode(message)).decode().rstrip("=")


def signer_of(certificate: str) -> ECKey | None:
    """Return the key of the certificate under which issuers sign, None where none is named. Raises: SettingRefused."""
    if not certificate:
        return None
    try:
        loaded = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
        public = loaded.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return ECKey.import_key(public)
    except (OSError, ValueError) as error:
        raise SettingRefused("GUICHET_ISSUER_CERTIFICATE cannot be read") from error


def url_setting(environment_value: str, name: str) -> str:
    """Return an address without a path, empty for none. Raises: SettingRefused."""
    if environment_value and not is_origin(environment_value):
        raise SettingRefused(f"{name} is no address like https://cards.example")
    return environment_value
