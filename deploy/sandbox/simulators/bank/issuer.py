"""What the simulated issuer decides by the card, and the challenges that are open: no sockets, time and chance handed in.

Messages are those of EMV 3-D Secure 2.2. Written apart from edge's side, so that its mistakes are not ours.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from deploy.sandbox.simulators.cards import CARDS

TRIES_MAX: Final = 3
CHALLENGES_MAX: Final = 2_000
CHALLENGE_LASTS_S: Final = 15 * 60.0

_BY_PAN: Final = {card.pan: card.authentication for card in CARDS.values()}
_ECI: Final = {"visa": {"Y": "05", "A": "06"}, "mastercard": {"Y": "02", "A": "01"}}
# What each behaviour answers at once.
_STATUS: Final = {
    "frictionless": "Y",
    "attempted": "A",
    "challenge": "C",
    "refused": "N",
    "rejected": "R",
    "unavailable": "U",
}


class Asked(msgspec.Struct):
    """AReq, as far as the issuer reads it."""

    message_type: Literal["AReq"] = msgspec.field(name="messageType")
    server_id: str = msgspec.field(name="threeDSServerTransID")
    pan: str = msgspec.field(name="acctNumber")
    payee: str = msgspec.field(name="merchantName")
    amount: str = msgspec.field(name="purchaseAmount")
    currency: str = msgspec.field(name="purchaseCurrency")  # its number
    exponent: str = msgspec.field(name="purchaseExponent")
    language: str = msgspec.field(name="browserLanguage")
    notification_url: str = msgspec.field(name="notificationURL")
    results_url: str = msgspec.field(name="threeDSServerURL")

    def __repr__(self) -> str:
        return f"Asked(server_id={self.server_id!r})"


class Challenge(msgspec.Struct):
    """A challenge of one holder; the number is not kept, only its end."""

    acs_id: str
    directory_id: str
    server_id: str
    last_four: str
    scheme: str
    payee: str
    amount_minor: int
    exponent: int
    currency: str
    language: Literal["fr", "en"]
    notification_url: str
    results_url: str
    code: str
    opened_at_s: float
    tries: int = 0
    signed: str = ""  # the word for the browser (CRes), once it is said
    signed_result: str = ""  # the same from server to server (RReq)

    @property
    def is_over(self) -> bool:
        """Whether the issuer has said its word."""
        return bool(self.signed)


class Issuer:
    """Challenges by the name that the access control server gives them. `sign` signs a message."""

    def __init__(
        self,
        *,
        url: str,
        sign: Callable[[dict[str, str]], str],
        name: Callable[[], str],
        digits: Callable[[], str],
        now: Callable[[], float],
    ) -> None:
        self._url = url
        self._sign = sign
        self._name = name
        self._digits = digits
        self._now = now
        self.challenges: dict[str, Challenge] = {}

    def behaviour_of(self, pan: str) -> str:
        """Return what this card does; one that has no name is authenticated without a challenge."""
        return _BY_PAN.get(pan, "frictionless")

    def answer(self, asked: Asked) -> dict[str, str]:
        """Return ARes."""
        status = _STATUS[self.behaviour_of(asked.pan)]
        acs_id, directory_id = self._name(), self._name()
        scheme = "visa" if asked.pan.startswith("4") else "mastercard"
        answer = {
            "messageType": "ARes",
            "messageVersion": "2.2.0",
            "threeDSServerTransID": asked.server_id,
            "acsTransID": acs_id,
            "dsTransID": directory_id,
            "transStatus": status,
        }
        if status in {"Y", "A"}:
            answer |= _vouching(status, scheme, acs_id)
        if status == "C":
            answer["acsURL"] = f"{self._url}/challenge"
            self._open(asked, acs_id, directory_id, scheme)
        return answer

    def find(self, acs_id: str, server_id: str | None = None) -> Challenge | None:
        """Return a challenge that there is."""
        challenge = self.challenges.get(acs_id)
        return challenge if challenge is None or server_id in {None, challenge.server_id} else None

    def try_code(self, challenge: Challenge, code: str) -> bool:
        """Take a code that the holder typed; after the last wrong one the answer is no. Whether the word is said."""
        if challenge.is_over:
            return True
        challenge.tries += 1
        if code.strip() == challenge.code:
            self.end(challenge, "approve")
        elif challenge.tries >= TRIES_MAX:
            self.end(challenge, "fail")
        return challenge.is_over

    def end(self, challenge: Challenge, how: Literal["approve", "fail", "cancel"]) -> None:
        """Say the word on a challenge, once."""
        if challenge.is_over:
            return
        status = "Y" if how == "approve" else "N"
        word: dict[str, str] = {
            "messageVersion": "2.2.0",
            "threeDSServerTransID": challenge.server_id,
            "acsTransID": challenge.acs_id,
            "dsTransID": challenge.directory_id,
            "transStatus": status,
        }
        if how == "cancel":
            word["challengeCancel"] = "01"  # by the cardholder
        if status == "Y":
            word |= _vouching(status, challenge.scheme, challenge.acs_id)
        challenge.signed = self._sign({"messageType": "CRes"} | word)
        challenge.signed_result = self._sign({"messageType": "RReq"} | word)

    def _open(self, asked: Asked, acs_id: str, directory_id: str, scheme: str) -> None:
        now = self._now()
        oldest = iter(list(self.challenges.values()))
        for challenge in oldest:
            if len(self.challenges) < CHALLENGES_MAX and now - challenge.opened_at_s < CHALLENGE_LASTS_S:
                break
            del self.challenges[challenge.acs_id]
        self.challenges[acs_id] = Challenge(
            acs_id=acs_id,
            directory_id=directory_id,
            server_id=asked.server_id,
            last_four=asked.pan[-4:],
            scheme=scheme,
            payee=asked.payee[:100],
            amount_minor=int(asked.amount),
            exponent=int(asked.exponent),
            currency=asked.currency,
            language="en" if asked.language.startswith("en") else "fr",
            notification_url=asked.notification_url,
            results_url=asked.results_url,
            code=self._digits(),
            opened_at_s=now,
        )


def read_challenge_request(text: str) -> tuple[str, str]:
    """Return the names that the access control server and the other side give a challenge. Raises: ValueError."""
    try:
        message: Any = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if message["messageType"] != "CReq":
            raise ValueError("no CReq")
        return str(message["acsTransID"]), str(message["threeDSServerTransID"])
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise ValueError("no CReq") from error


def _vouching(status: str, scheme: str, acs_id: str) -> dict[str, str]:
    proof = base64.b64encode(hashlib.sha256(acs_id.encode()).digest()[:20]).decode()
    return {"eci": _ECI[scheme][status], "authenticationValue": proof}
