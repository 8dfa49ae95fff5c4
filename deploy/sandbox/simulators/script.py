"""What the simulated host does, as data: by behaviour, by card, by amount."""

from typing import Literal

import msgspec

from deploy.sandbox.simulators.cards import CARDS

ReversalAnswer = Literal["accept", "refuse", "ignore", "refuse_for_good", "no_original"]
SaysOtherwise = Literal["amount", "currency", "card", "reference", "type"]

LATE_MS = 20_000
"""How long a late reply waits where nothing else is configured: beyond any deadline of a terminal's payment."""

DELAY_MS_MAX = 600_000
REPLIES_MAX = 5

PARTIAL_CODE = "10"
UNSEEN_REVERSED_CODE = "12"
"""Answer to an authorisation that comes after its own reversal."""

DUPLICATE_CODE = "94"
REVERSAL_REFUSED_CODE = "96"
REFUSED_FOR_GOOD_CODE = "57"
NO_ORIGINAL_CODE = "25"
AMOUNT_INCORRECT_CODE = "64"
APPROVAL_CODES = frozenset({"00", "08", "11", "16", PARTIAL_CODE})
"""With an identity document, VIP and "update track 3" are approvals too."""

OTHER_CURRENCY = "840"
OTHER_PAN = "4111111111111111"
OTHER_MINOR = 100
"""By how much more a host approves that answers with another amount than asked."""


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the host treats one authorisation, purchase or refund, and later its reversals.

    The decision is booked when the request arrives, whatever happens to the answer: a payment without a reply is a
    payment that the host has approved.
    """

    code: str = "00"  # data element 39
    approved_percent: int = 100
    delay_ms: int = 0
    late: bool = False  # wait for `late_ms` of the settings before answering
    replies: int = 1  # 0: no reply, 2: the same reply twice
    close: bool = False  # close the link on receipt, decision booked, nothing answered
    said_code: str | None = None  # what field 39 says where it is not `code`; empty: the field is left out
    otherwise: SaysOtherwise | None = (
        None  # what the answer, and but for reference and type the book, have otherwise
    )
    loses: bool = False  # the request never reaches the book, and gets no answer
    reversals: ReversalAnswer = "accept"
    reversal_answered_from: int = 1  # 3: the first two reversals get no answer

    def __post_init__(self) -> None:
        if len(self.code) != 2 or not self.code.isalnum() or not self.code.isascii():
            raise ValueError("code is two letters or digits")
        if not 0 < self.approved_percent <= 100:
            raise ValueError("approved_percent is between 1 and 100")
        if not 0 <= self.delay_ms <= DELAY_MS_MAX:
            raise ValueError(f"delay_ms is between 0 and {DELAY_MS_MAX}")
        if not 0 <= self.replies <= REPLIES_MAX:
            raise ValueError(f"replies is between 0 and {REPLIES_MAX}")

    @property
    def approves(self) -> bool:
        """Whether money is committed, in full or in part."""
        return self.code in APPROVAL_CODES


APPROVE = Behaviour()

_DECLINES = {
    "refer-to-issuer": "01",
    "invalid-merchant": "03",
    "pick-up": "04",
    "do-not-honour": "05",
    "invalid-transaction": "12",
    "invalid-amount": "13",
    "invalid-card": "14",
    "no-such-issuer": "15",
    "format-error": "30",
    "lost": "41",
    "stolen": "43",
    "insufficient-funds": "51",
    "expired": "54",
    "wrong-pin": "55",
    "not-permitted-cardholder": "57",
    "not-permitted-terminal": "58",
    "suspected-fraud": "59",
    "above-limit": "61",
    "restricted": "62",
    "too-often": "65",
    "pin-tries": "75",
    "strong-authentication": "1A",
    "mandate-revoked": "R1",
    "issuer-unavailable": "91",
    "duplicate-at-host": "94",
    "malfunction": "96",
}

_MANNERS = {
    "approve": APPROVE,
    "partial": Behaviour(code=PARTIAL_CODE, approved_percent=50),
    "slow": Behaviour(delay_ms=2_000),
    "no-reply": Behaviour(replies=0),
    "twice": Behaviour(replies=2),
    "late": Behaviour(late=True),
    "close-link": Behaviour(close=True),
    "reversal-third": Behaviour(replies=0, reversal_answered_from=3),
    "reversal-refused": Behaviour(replies=0, reversals="refuse"),
    "with-identification": Behaviour(code="08"),
    "vip": Behaviour(code="11"),
    "update-track": Behaviour(code="16"),
    "odd-code": Behaviour(said_code="77"),
    "blank-code": Behaviour(said_code="  "),
    "no-code": Behaviour(said_code=""),
    "other-amount": Behaviour(otherwise="amount"),
    "other-currency": Behaviour(otherwise="currency"),
    "other-card": Behaviour(otherwise="card"),
    "other-reference": Behaviour(otherwise="reference"),
    "other-type": Behaviour(otherwise="type"),
    "lost-request": Behaviour(loses=True, replies=0, reversals="no_original"),
    "reversal-forbidden": Behaviour(replies=0, reversals="refuse_for_good"),
}

ODD: tuple[str, ...] = (
    "with-identification", "vip", "update-track", "odd-code", "blank-code", "no-code", "other-amount", "other-currency",
    "other-card", "other-reference", "other-type", "lost-request", "twice",
)  # fmt: skip
"""What `odd_rate` draws from: all of it ends by itself, in the same state on both sides."""

BEHAVIOURS: dict[str, Behaviour] = _MANNERS | {name: Behaviour(code=code) for name, code in _DECLINES.items()}

BY_PAN: dict[str, Behaviour] = {card.pan: BEHAVIOURS[card.behaviour] for card in CARDS.values()}
"""Named cards. Every other card gets the default behaviour."""

_MANNER_AMOUNTS = (
    "partial",
    "slow",
    "no-reply",
    "twice",
    "late",
    "close-link",
    "reversal-third",
    "reversal-refused",
)

AMOUNT_DECLINES_MINOR = 77_700
AMOUNT_MANNERS_MINOR = 77_800

BY_AMOUNT: dict[int, Behaviour] = {
    AMOUNT_DECLINES_MINOR + int(code): Behaviour(code=code) for code in _DECLINES.values() if code.isdigit()
} | {AMOUNT_MANNERS_MINOR + place: BEHAVIOURS[name] for place, name in enumerate(_MANNER_AMOUNTS, start=1)}
"""777.51 is declined with code 51, and so on; 778.01 to 778.08 are the manners, in the order of the sandbox page."""


class Overrides(msgspec.Struct, forbid_unknown_fields=True):
    """What the control API may change while the host runs. A PUT gives the fields it changes, the others stay."""

    default: str = "approve"  # key of BEHAVIOURS, for cards and amounts outside the tables
    delay_ms: int = 0  # before every answer
    jitter_ms: int = 0  # up to this much more, uniform
    late_ms: int = LATE_MS
    error_rate: float = 0.0  # share of requests answered with 96
    odd_rate: float = 0.0  # share of requests that get one of ODD, by chance
    own_every_ms: int = 0  # how often the host says something on its own on each link; 0: never
    cards: dict[str, str] = {}  # card name or number -> key of BEHAVIOURS
    reversals: ReversalAnswer = "accept"  # for every reversal; a card's own refusal stands below
    reversals_released: bool = False  # True: accept even what a card's script refuses or ignores
    links_down: bool = False

    def __post_init__(self) -> None:
        if self.default not in BEHAVIOURS:
            raise ValueError(f"default: no behaviour is called {self.default!r}")
        for name in self.cards.values():
            if name not in BEHAVIOURS:
                raise ValueError(f"cards: no behaviour is called {name!r}")
        for field in ("delay_ms", "jitter_ms", "late_ms", "own_every_ms"):
            if not 0 <= getattr(self, field) <= DELAY_MS_MAX:
                raise ValueError(f"{field} is between 0 and {DELAY_MS_MAX}")
        for field in ("error_rate", "odd_rate"):
            if not 0.0 <= getattr(self, field) <= 1.0:
                raise ValueError(f"{field} is between 0 and 1")
