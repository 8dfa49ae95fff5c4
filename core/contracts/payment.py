"""Messages of the hot path: edge -> core -> edge host link -> core -> edge.

Each NATS message carries a list of items; every item holds its own attempt id, so replies come back in
whatever grouping is ready. All are msgpack arrays (positional): append new fields at the end only.
Times are microseconds since 1970 (`_at_us`) or since `received_at_us` (`_us`). Amounts are minor units.
"""

from typing import Annotated, TypeAlias

import msgspec

from core.contracts.reasons import Reason

TerminalClass: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2)]
"""1 for 01xx, 2 for 02xx: what a terminal may name. Keys of other classes are core's own, for what people cause."""

TERMINAL_CAUSES = frozenset({Reason.REVERSED_BY_TERMINAL, Reason.CANCELLED_BY_CUSTOMER})


class SealedCard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A card as it leaves edge/: nobody but edge can open it (EDG-6)."""

    ciphertext: bytes  # key version (1), nonce (12), AES-256-GCM of the card number with its tag
    fingerprint: int  # signed 64 bits of a keyed hash: equal for equal cards
    bin: str  # first 6 digits, empty for a number of 12
    last_four: str
    expiry: str  # YYMM, empty when the message held none
    brand: int  # states.Brand


class Authorise(msgspec.Struct, array_like=True, gc=False):
    """A terminal asks for an authorisation, a purchase, a verification or a refund."""

    id: bytes  # AttemptId, made by edge at reception
    terminal_id: bytes
    kind: int  # states.Kind
    message_class: TerminalClass  # as in the duplicate key
    stan: int
    business_date: int  # proleptic ordinal (date.toordinal) of the terminal's local date
    body_hash: int  # signed 64 bits over everything a repeat must repeat
    amount_minor: int
    currency: str  # alphabetic
    card: SealedCard
    sensitive: bytes  # track 2, EMV, PIN block, sealed for the host link only; never stored
    entry_mode: str  # data element 22
    transmitted_at: str  # data element 7, MMDDhhmmss
    local_time: str  # data elements 13 and 12, MMDDhhmmss
    partial_ok: bool
    received_at_us: int
    request: bytes  # masked message, msgpack map field number -> text
    original_rrn: str = ""  # refund: reference of what is refunded
    repeat: bool = False  # the message type says that it was sent before
    # Refund: how the terminal describes what is refunded besides; empty and 0 where it does not say.
    approval_code: str = ""  # data element 38
    original_message_class: int = 0  # data element 90, with the two that follow
    original_stan: int = 0
    original_sent_at: str = ""


class AuthoriseReply(msgspec.Struct, array_like=True, gc=False):
    """What edge may tell the terminal: true and durable when it arrives."""

    id: bytes
    reason: int  # reasons.Reason
    approval_code: str
    approved_minor: int
    rrn: str
    host_code: str = ""
    replayed: bool = False


class HostRequest(msgspec.Struct, array_like=True, gc=False):
    """Core asks a host link to send one message. Edge unseals the card, adds what only it knows, encodes.

    For reversals, completions and advices `original_*` describe what they are about (data element 90).
    """

    id: bytes  # attempt id; with `message` it correlates the reply
    message: str  # MTI to send: 0100, 0200, 0120, 0220, 0420 (0421 when `repeat`)
    processing_code: str
    amount_minor: int
    currency: str
    card_ciphertext: bytes
    card_expiry: str
    sensitive: bytes
    stan: int
    transmitted_at: str
    local_time: str
    entry_mode: str
    merchant_category: str
    rrn: str
    terminal: str  # data element 41, 8 characters
    acceptor: str  # data element 42, 15 characters
    partial_ok: bool
    received_at_us: int
    deadline_at_us: int  # no reply by then is NO_REPLY
    approval_code: str = ""
    original_message: str = ""
    original_stan: int = 0
    original_transmitted_at: str = ""
    reason: int = 0  # why a reversal
    repeat: bool = False
    replacement_minor: int = -1  # of a reversal in part: what stays of the amount (data element 95)


class HostReply(msgspec.Struct, array_like=True, gc=False):
    """What became of a HostRequest."""

    id: bytes
    message: str  # MTI that was sent
    result: int  # HOST_REPLIED, HOST_NO_REPLY, HOST_NOT_SENT
    reason: int  # reasons.Reason for the host's response code
    host_code: str  # data element 39 as received
    approval_code: str
    approved_minor: int
    sent_us: int  # since received_at_us
    replied_us: int
    exchange: bytes  # masked request and response, msgpack array of two maps
    late: bool = False  # after the deadline: an event, never a decision
    replacement_minor: int = -1  # as in the request
    differs: str = ""  # what the answer says otherwise than its question: names, separated by blanks
    # What the code means for a reversal, an advice or a completion; 0: an edge that does not say.
    delivery: int = 0


HOST_REPLIED = 1
HOST_NO_REPLY = 2
HOST_NOT_SENT = 3

DELIVERY_ACCEPTED = 1  # done, now or before
DELIVERY_NO_ORIGINAL = 2  # the host never had what it is about
DELIVERY_REFUSED = 3  # for good: a person must look
DELIVERY_AGAIN = 4  # not now, or nobody knows


class Reverse(msgspec.Struct, array_like=True, gc=False):
    """A terminal takes back one of its own messages (0400, 0420 and repeats)."""

    id: bytes
    terminal_id: bytes
    stan: int  # of the reversal itself
    business_date: int
    original_message_class: TerminalClass
    original_stan: int
    original_business_date: int  # the date in data element 90, else the reversal's own: where to look first
    cause: int  # reasons.Reason: one of TERMINAL_CAUSES
    amount_minor: int  # -1: it does not say
    currency: str  # empty: it does not say
    card: SealedCard | None
    received_at_us: int
    request: bytes
    # How the terminal describes the original; empty and -1 where it does not say.
    original_sent_at: str = ""  # the time in data element 90, as received; empty when it is none
    original_rrn: str = ""  # data element 37
    replacement_minor: int = -1  # data element 95: what stays of the amount
    approval_code: str = ""  # data element 38

    def __post_init__(self) -> None:
        if self.cause not in TERMINAL_CAUSES:
            # Only core says that a person took a payment back.
            raise ValueError("cause")


class Book(msgspec.Struct, array_like=True, gc=False):
    """An advice (approved offline), or a completion, which captures the hold that it describes."""

    id: bytes
    terminal_id: bytes
    kind: int  # states.Kind.ADVICE or COMPLETION
    message_class: TerminalClass
    stan: int
    business_date: int
    body_hash: int
    amount_minor: int
    currency: str
    card: SealedCard
    entry_mode: str
    transmitted_at: str
    local_time: str
    approval_code: str
    original_rrn: str
    received_at_us: int
    request: bytes
    repeat: bool = False  # the message type says that it was sent before
    # Completion: how the terminal describes the hold besides; empty and 0 where it does not say.
    original_message_class: int = 0  # data element 90, with the two that follow
    original_stan: int = 0
    original_sent_at: str = ""
    date_unreadable: bool = False  # its date is none: `business_date` is that of reception


class Totals(msgspec.Struct, array_like=True, gc=False):
    """A terminal's count and sum of its day (0500, 0520)."""

    id: bytes
    terminal_id: bytes
    stan: int
    business_date: int
    debit_count: int
    debit_minor: int
    credit_count: int
    credit_minor: int
    reversal_count: int
    reversal_minor: int
    currency: str  # empty: that of the terminal's service
    received_at_us: int


class TotalsReply(msgspec.Struct, array_like=True, gc=False):
    """Our own totals, and whether they agree."""

    id: bytes
    in_balance: bool
    debit_count: int
    debit_minor: int
    credit_count: int
    credit_minor: int
    reversal_count: int
    reversal_minor: int


class SignOn(msgspec.Struct, array_like=True, gc=False):
    """A terminal opens its session. `certificate_name` is the common name of its certificate, empty on plain TCP."""

    terminal: str  # data element 41
    acceptor: str  # data element 42
    certificate_name: str
    edge: str
    address: str
    firmware: str
    at_us: int


class SignOnReply(msgspec.Struct, array_like=True, gc=False):
    """`reason` NONE when welcome, else which rule refused it (EDG-2)."""

    reason: int
    terminal_id: bytes
    dialect: str
    merchant_category: str


class Presence(msgspec.Struct, array_like=True, gc=False):
    """Seen alive, or gone. Sent in batches, at most one per terminal and second."""

    terminal_id: bytes
    edge: str
    connected: bool
    at_us: int
