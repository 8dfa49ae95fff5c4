"""Messages of the hot path: edge -> core -> edge host link -> core -> edge.

Each NATS message carries a list of items; every item holds its own attempt id, so replies come back in
whatever grouping is ready. All are msgpack arrays (positional): append new fields at the end only.
Times are microseconds since 1970 (`_at_us`) or since `received_at_us` (`_us`). Amounts are minor units.
"""

from typing import Annotated, ClassVar, TypeAlias

import msgspec

from core.contracts.reasons import Reason
from core.contracts.subjects import EngineRequest

TerminalClass: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2)]
"""1 for 01xx, 2 for 02xx: what a terminal may name. Keys of other classes are core's own, for what people cause."""

NamedClass: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2)]
"""The same, or 0 where a reference alone names a message."""

# What edge may say at all. Bounds are here and not where rows are written, so that every reader has them: a moment that
# PostgreSQL holds and Python does not, or a text that no field has room for, would spoil the reading of all others.
# No patterns in what every payment carries: they cost more than all else of the decoding.
Id: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Stan: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=999_999)]
Day: TypeAlias = Annotated[int, msgspec.Meta(ge=730_120, le=767_009)]
"""Proleptic ordinal (date.toordinal) from 2000 to 2100."""

Moment: TypeAlias = Annotated[int, msgspec.Meta(ge=946_684_800_000_000, le=4_102_444_800_000_000)]
"""Microseconds since 1970, from 2000 to 2100."""

OtherId: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=16)]
"""Of another message, empty where there is none."""

OtherDay: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=767_009)]
"""As Day, 0 where there is none."""

Function: TypeAlias = Annotated[int, msgspec.Meta(ge=-1, le=9)]
"""Of a message type (ISO 8583:1987, clause 4.1), -1 where it is not said."""

Hash: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Amount: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=999_999_999_999)]
"""Minor units, as data element 4 has room for."""

Total: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=9_999_999_999_999_999)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=9_999_999_999)]
Part: TypeAlias = Annotated[int, msgspec.Meta(ge=-1, le=999_999_999_999)]
"""An amount, or -1 where there is none."""

Currency: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Short: TypeAlias = Annotated[str, msgspec.Meta(max_length=16)]
Code: TypeAlias = Annotated[str, msgspec.Meta(max_length=6)]
Masked: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=128 * 1024)]
"""A message of at most 64 KiB, or two, with its card numbers masked."""

Ciphertext: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=128)]
Sensitive: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=16 * 1024)]
BrandNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=4)]
HostKind: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=4)]
OriginalClass: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2)]
"""As TerminalClass, 0 where nothing is named so: a terminal takes back, completes and refunds nothing that people did."""

BookedKind: TypeAlias = Annotated[int, msgspec.Meta(ge=5, le=6)]
HostResult: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=3)]
ReasonNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=199)]
DeliveryVerdict: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=4)]
HostCode: TypeAlias = Annotated[str, msgspec.Meta(max_length=8)]
Differences: TypeAlias = Annotated[str, msgspec.Meta(max_length=256)]
Field: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=128)]
Named: TypeAlias = Annotated[str, msgspec.Meta(max_length=256)]

# What comes one by one may cost a pattern.
CurrencyCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^(?:[A-Z]{3}|[0-9]{3})\Z")]
CurrencyOrNone: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^(?:[A-Z]{3}|[0-9]{3})?\Z")]
PlainCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[ -~]{0,6}\Z")]

TERMINAL_CAUSES = frozenset({Reason.REVERSED_BY_TERMINAL, Reason.CANCELLED_BY_CUSTOMER})


class SealedCard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A card as it leaves edge/: nobody but edge can open it (EDG-6)."""

    ciphertext: Ciphertext  # key version (1), nonce (12), AES-256-GCM of the card number with its tag
    fingerprint: Hash  # signed 64 bits of a keyed hash: equal for equal cards
    bin: Code  # first 6 digits, empty for a number of 12
    last_four: Code
    expiry: Code  # YYMM, empty when the message held none
    brand: BrandNumber  # states.Brand


class Authorise(msgspec.Struct, array_like=True, gc=False):
    """A terminal asks for an authorisation, a purchase, a verification or a refund."""

    id: Id  # AttemptId, made by edge at reception
    terminal_id: Id
    kind: HostKind  # states.Kind
    message_class: TerminalClass  # as in the duplicate key
    stan: Stan
    business_date: Day  # proleptic ordinal (date.toordinal) of the terminal's local date
    body_hash: Hash  # signed 64 bits over what a repeat must repeat
    amount_minor: Amount
    currency: Currency  # alphabetic
    card: SealedCard
    sensitive: Sensitive  # track 2, EMV, PIN block, sealed for the host link only; never stored
    entry_mode: Short  # data element 22
    transmitted_at: Short  # data element 7, MMDDhhmmss; empty where the terminal does not say
    local_time: Short  # data elements 13 and 12, MMDDhhmmss
    partial_ok: bool
    received_at_us: Moment
    request: Masked  # masked message, msgpack map field number -> text
    original_rrn: Short = ""  # refund: reference of what is refunded
    repeat: bool = False  # the message type says that it was sent before
    # Refund: how the terminal describes what is refunded besides; empty and 0 where it does not say.
    approval_code: Code = ""  # data element 38
    original_message_class: OriginalClass = 0  # data element 90, with the two that follow
    original_stan: Stan = 0
    original_sent_at: Short = ""
    date_in_utc: bool = False  # it tells no local time: its date is that of its time of sending
    # Of a repeat by its type whose first is under way at this edge: that one's id and `business_date`.
    first_id: OtherId = b""
    first_date: OtherDay = 0


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
    # Of a card that is kept; empty where the card is at a terminal.
    initiator: str = ""  # BY_CUSTOMER or BY_MERCHANT
    network_id: str = ""  # what the network called the first payment of the series, its digits as letters
    authentication: str = ""  # what the holder's bank answered to the first, for the host


BY_CUSTOMER = "C104"
"""The holder asks for it, at the purchase: the first of several payments by instalment."""

BY_MERCHANT = "M104"
"""The holder is not there: a payment that was agreed at the first one.

Source: Mastercard, Transaction Processing Rules, appendix on cardholder- and merchant-initiated transactions, values
C104 and M104 (instalment).
"""


def are_plain(asked: list[Authorise]) -> bool:
    """Whether the texts of a batch are such as a terminal's message has; asked of a batch, for it costs less than patterns."""
    currencies = "".join([item.currency for item in asked])
    texts = "".join(
        [
            f"{(card := item.card).bin}{card.last_four}{card.expiry}"
            f"{item.entry_mode}{item.transmitted_at}{item.local_time}"
            for item in asked
        ]
    )
    return (
        (not currencies or (currencies.isascii() and currencies.isalpha() and currencies.isupper()))
        and texts.isascii()
        and texts.isprintable()
    )


class HostReply(msgspec.Struct, array_like=True, gc=False):
    """What became of a HostRequest."""

    id: Id
    message: Code  # MTI that was sent
    result: HostResult  # HOST_REPLIED, HOST_NO_REPLY, HOST_NOT_SENT
    reason: ReasonNumber  # reasons.Reason for the host's response code
    host_code: HostCode  # data element 39 as received
    approval_code: Code
    approved_minor: Amount
    sent_us: int  # since received_at_us
    replied_us: int
    messages: Masked  # masked request and response, msgpack array of two maps
    late: bool = False  # after the deadline: an event, never a decision
    replacement_minor: Part = -1  # as in the request
    differs: Differences = ""  # what the answer says otherwise than its question: names, separated by blanks
    # What the code means for a reversal, an advice or a completion; 0: an edge that does not say.
    delivery: DeliveryVerdict = 0


def are_codes(replies: list[HostReply]) -> bool:
    """Whether the codes of a batch of replies are such as a host's message has."""
    codes = "".join([f"{reply.host_code}{reply.approval_code}{reply.differs}" for reply in replies])
    return codes.isascii() and codes.isprintable()


HOST_REPLIED = 1
HOST_NO_REPLY = 2
HOST_NOT_SENT = 3

DELIVERY_ACCEPTED = 1  # done, now or before
DELIVERY_NO_ORIGINAL = 2  # the host never had what it is about
DELIVERY_REFUSED = 3  # for good: a person must look
DELIVERY_AGAIN = 4  # not now, or nobody knows


class Reverse(msgspec.Struct, array_like=True, gc=False):
    """A terminal takes back one of its own messages (0400, 0420 and repeats)."""

    id: Id
    terminal_id: Id
    stan: Stan  # of the reversal itself
    business_date: Day
    original_message_class: NamedClass
    original_stan: Stan
    original_business_date: Day  # the date in data element 90, else the reversal's own: where to look first
    cause: int  # reasons.Reason: one of TERMINAL_CAUSES
    amount_minor: Part  # -1: it does not say
    currency: CurrencyOrNone  # empty: it does not say
    card: SealedCard | None
    received_at_us: Moment
    request: Masked
    # How the terminal describes the original; empty and -1 where it does not say.
    original_sent_at: Short = ""  # the time in data element 90, as received; empty when it is none
    original_rrn: Short = ""  # data element 37
    replacement_minor: Part = -1  # data element 95: what stays of the amount
    approval_code: Code = ""  # data element 38
    repeat: bool = False  # by its message type
    date_in_utc: bool = (
        False  # `business_date` is that of its sending or reception, for it tells no local one
    )
    original_function: Function = (
        -1
    )  # third digit of the type in data element 90: 2 for an advice, 0 for a request
    is_fact: ClassVar[bool] = True
    gives_back: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.cause not in TERMINAL_CAUSES:
            # Only core says that a person took a payment back.
            raise ValueError("cause")


class Book(msgspec.Struct, array_like=True, gc=False):
    """An advice (decided offline), or a completion, which captures the hold that it describes.

    A completion that describes a hold by a reference alone, which is of no message of ours, is an advice after all.
    """

    id: Id
    terminal_id: Id
    kind: BookedKind  # states.Kind.ADVICE or COMPLETION
    message_class: TerminalClass
    stan: Stan
    business_date: Day
    body_hash: Hash
    amount_minor: Amount
    currency: CurrencyCode
    card: SealedCard
    entry_mode: Short
    transmitted_at: Short  # empty where the terminal does not say
    local_time: Short  # else as transmitted_at; zeros for what it does not say
    approval_code: PlainCode
    original_rrn: Short
    received_at_us: Moment
    request: Masked
    repeat: bool = False  # the message type says that it was sent before
    # Completion: how the terminal describes the hold besides; empty and 0 where it does not say.
    original_message_class: OriginalClass = 0  # data element 90, with the two that follow
    original_stan: Stan = 0
    original_sent_at: Short = ""
    date_unreadable: bool = False  # its date is none: `business_date` is that of reception
    gives_back: bool = False  # its processing code: money went back to the card
    declined_code: PlainCode = ""  # data element 39 where it says that nothing was sold
    date_in_utc: bool = False  # `business_date` is that of its sending, for it tells no local one
    is_fact: ClassVar[bool] = True

    @property
    def sort(self) -> str:
        """The word for it where it waits for a person."""
        return "refund_advice" if self.gives_back else "advice"


class RefusedFact(msgspec.Struct, array_like=True, gc=False):
    """A reversal, an advice or a completion that edge cannot take: money that nobody would see."""

    id: Id
    terminal_id: Id
    message_type: Code
    stan: Stan  # of the message; 0 where it cannot be read
    local_time: Short  # data elements 13 and 12, zeros for one that was not there, empty for both
    amount_minor: Part  # -1 where it cannot be read
    currency: CurrencyOrNone
    field: Field  # which data element is wrong; 0: the message itself
    response_code: Code  # what its terminal is told
    received_at_us: Moment
    request: Masked

    @property
    def gives_back(self) -> bool:
        """Whether it takes back (ISO 8583:1987, clause 4.1: message class 4)."""
        return self.message_type[1:2] == "4"

    @property
    def sort(self) -> str:
        """The word for it where it waits for a person."""
        return "reversal" if self.gives_back else "advice"


class Totals(msgspec.Struct, array_like=True, gc=False):
    """A terminal's count and sum of its day (0500, 0520)."""

    id: Id
    terminal_id: Id
    stan: Stan
    business_date: Day
    debit_count: Count
    debit_minor: Total
    credit_count: Count
    credit_minor: Total
    reversal_count: Count
    reversal_minor: Total
    currency: CurrencyOrNone  # empty: that of the terminal's service
    received_at_us: Moment
    date_in_utc: bool = False  # it tells no local date


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


class AdministrativeAdvice(msgspec.Struct, array_like=True, gc=False):
    """A terminal tells of an event of its own (0620): no money, and no card."""

    id: Id
    terminal_id: Id
    stan: Stan
    local_time: Short  # data elements 13 and 12, as far as they were there
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=6_000)]
    # Data elements 48 and 60 to 63, in the 1993 edition 72 too, a line each, without what may be a card number.
    received_at_us: Moment
    repeat: bool = False  # by its message type


class SignOn(msgspec.Struct, array_like=True, gc=False):
    """A terminal opens its session. `certificate_name` is the common name of its certificate, empty on plain TCP."""

    terminal: Named  # data element 41
    acceptor: Named  # data element 42
    certificate_name: Named
    edge: Named
    address: Named
    firmware: Named
    at_us: Moment


class SignOnReply(msgspec.Struct, array_like=True, gc=False):
    """`reason` NONE when welcome, else which rule refused it (EDG-2)."""

    reason: int
    terminal_id: bytes
    dialect: str
    merchant_category: str


class Presence(msgspec.Struct, array_like=True, gc=False):
    """Seen alive, or gone. Sent in batches, at most one per terminal and second."""

    terminal_id: Id
    edge: Named
    connected: bool
    at_us: Moment


AUTHORISE = EngineRequest("core.engine.authorise", Authorise, AuthoriseReply, "payment")
"""The one that is asked and answered in lists, at the message's reply subject; the others one by one."""

REVERSE = EngineRequest("core.engine.reverse", Reverse, AuthoriseReply, "reversal")
BOOK = EngineRequest("core.engine.book", Book, AuthoriseReply, "advice")
TOTALS = EngineRequest("core.engine.totals", Totals, TotalsReply, "totals")
ADMINISTRATIVE_ADVICE = EngineRequest(
    "core.engine.administrative_advice", AdministrativeAdvice, AuthoriseReply
)

REFUSED_FACT = EngineRequest("core.engine.refused_fact", RefusedFact, AuthoriseReply, "other")

TERMINAL_REQUESTS = (AUTHORISE, REVERSE, BOOK, TOTALS, ADMINISTRATIVE_ADVICE, REFUSED_FACT)
"""What terminals may make edge ask. Each names its terminal."""
