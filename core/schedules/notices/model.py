"""What a customer is to be told of, as it stands when its mail is written."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from core.contracts.orders import InstalmentState, OrderState, ShownInstalment

NoticeKind = Literal[
    "order_confirmed",
    "debit_coming",
    "debit_paid",
    "debit_failed",
    "instalment_unpaid",
    "unpaid_reminder",
    "card_expiring",
    "order_changed",
    "refund_sent",
]


class Policy(NamedTuple):
    """When customers are told: days before a debit, after it is unpaid, before the end of a card's last month."""

    announce_days: int
    reminder_days: tuple[int, ...]
    card_days: int


class CardShown(NamedTuple):
    """The card of an order: as little as people need. `expiry` is YYMM."""

    id: bytes
    brand: str
    last_four: str
    expiry: str
    is_refused: bool


class Purchase(NamedTuple):
    """The order of a notice. `name` and `reference` are others' words."""

    id: bytes
    state: OrderState
    is_active: bool
    reference: str
    shop: str
    name: str
    email: str
    language: str
    currency: str
    amount_minor: int
    fee_minor: int
    purchased_on: date
    card: CardShown | None
    instalments: Sequence[ShownInstalment]
    paused_until: date | None = None  # nothing of it is debited before that day

    def debited_on(self, day: date) -> date:
        """Return when what is due on a day is debited."""
        return day if self.paused_until is None else max(day, self.paused_until)


class InstalmentNow(NamedTuple):
    """The instalment of a notice as it stands."""

    number: int
    amount_minor: int
    due_on: date
    state: InstalmentState
    collect_after: datetime | None


class Failure(NamedTuple):
    """A debit that did not collect; `card_id` is the card that it was sent by."""

    reason: int
    is_sent: bool  # a bank was asked
    card_id: bytes
    is_last: bool  # nothing was tried since


class Change(NamedTuple):
    """What was taken off an order, and the schedule before and after it."""

    amount_minor: int
    owed_back_minor: int
    at: datetime
    before: Sequence[ShownInstalment]
    after: Sequence[ShownInstalment]
    sent_back_on: date | None = None  # when what was owed back for it left


class Due(NamedTuple):
    """A notice whose moment has come, and all that it is about."""

    id: bytes
    kind: NoticeKind
    about_id: bytes
    about_key: str
    due_at: datetime
    order: Purchase
    instalment: InstalmentNow | None = None
    failure: Failure | None = None
    change: Change | None = None
    sent_back_minor: int | None = None  # of a refund that was sent


class Letter(NamedTuple):
    """A mail to be written."""

    template: str
    facts: Mapping[str, str]
