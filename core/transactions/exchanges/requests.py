"""The messages that a host is asked to take: attempts, and what is delivered about them."""

from datetime import UTC, datetime
from typing import Any, Final

from core.contracts.payment import Authorise, HostRequest
from core.contracts.states import DeliveryKind, Kind
from core.transactions.bookings.attempts import NewAttempt
from core.transactions.bookings.clocks import moment_near
from core.transactions.exchanges.labels import Labels
from core.values.clock import from_unix_us, to_unix_us
from core.values.ids import rrn_of
from core.values.zones import zone_of

REPLY_DEADLINE_MS = 5_000
"""How long a link waits for the answer to what is delivered."""

HOST_MESSAGES: Final[dict[int, tuple[str, str]]] = {
    Kind.AUTHORISATION: ("0100", "000000"),
    Kind.PURCHASE: ("0200", "000000"),
    Kind.VERIFICATION: ("0100", "380000"),
    Kind.REFUND: ("0200", "200000"),
}
"""What each kind becomes for the host: message type and processing code (data element 3)."""


def request_of_attempt(
    attempt: Authorise | NewAttempt,
    labels: Labels,
    *,
    sensitive: bytes,
    partial_ok: bool,
    deadline_at_us: int,
) -> HostRequest:
    """Return what a link is asked to send for an armed attempt."""
    message, processing_code = HOST_MESSAGES[attempt.kind]
    # By position: keywords cost 1.3 us a payment, five times the call (decision 28). A test holds the order.
    return HostRequest(
        attempt.id,
        message,
        processing_code,
        attempt.amount_minor,
        attempt.currency,
        attempt.card.ciphertext,
        attempt.card.expiry,
        sensitive,
        attempt.stan,
        # A host wants a time, and takes it for UTC.
        attempt.transmitted_at or from_unix_us(attempt.received_at_us).strftime("%m%d%H%M%S"),
        attempt.local_time,
        attempt.entry_mode,
        labels.merchant_category,
        rrn_of(attempt.id),
        labels.terminal,
        labels.acceptor,
        partial_ok,
        attempt.received_at_us,
        deadline_at_us,
    )


def request_of_delivery(lease: Any, attempt: Any, now: datetime) -> HostRequest:
    """Return the message that a delivery sends, the repeat form of it from the second try on."""
    kind: int = lease["kind"]
    now_us = to_unix_us(now)
    local_time = attempt["local_time"]
    # A host takes no impossible date, though the terminal that sent it must find it again.
    transmitted_at = _sent_at(attempt["transmitted_at"], attempt["received_at"], now)
    if attempt["kind"] in (Kind.ADVICE, Kind.COMPLETION) and not transmitted_at[4:].strip("0"):
        # So says a clock that was never set, of each sale: the second would be the first to its host.
        transmitted_at = _sent_at("", attempt["received_at"], now)
    if moment_near(local_time, now.date()) is None:
        local_time = attempt["received_at"].astimezone(zone_of(attempt["time_zone"])).strftime("%m%d%H%M%S")
    amount_minor, replacement_minor = lease["amount_minor"], -1
    attempt_id: bytes = attempt["id"].bytes
    repeat = lease["tries"] > 1
    rrn = rrn_of(attempt_id)
    stan: int = attempt["stan"]
    original_stan, original_transmitted_at = stan, transmitted_at
    original_message = _message_of(attempt["kind"], attempt["message_class"])
    if kind in (DeliveryKind.REVERSAL, DeliveryKind.PARTIAL_REVERSAL):
        # A host knows the repeat of an advice or a completion by its number and time, so both stay those of the
        # terminal's message: with the time of each try a hold was captured once a try. A reversal names its original.
        message = "0421" if repeat else "0420"
        transmitted_at = now.astimezone(UTC).strftime("%m%d%H%M%S")
        local_time = now.astimezone(zone_of(attempt["time_zone"])).strftime("%m%d%H%M%S")
        if kind == DeliveryKind.PARTIAL_REVERSAL:
            amount_minor, replacement_minor = attempt["amount_minor"], amount_minor
            stan = stan_of_part(stan)
    elif kind == DeliveryKind.COMPLETION:
        message = "0221" if repeat else "0220"
        rrn = rrn_of(attempt["original_id"].bytes)
        original_stan = attempt["original_stan"]
        original_transmitted_at = _sent_at(
            attempt["original_transmitted_at"], attempt["original_received_at"], now
        )
        original_message = _message_of(attempt["original_kind"], 1)
    else:
        message = (
            ("0121" if repeat else "0120")
            if attempt["message_class"] == 1
            else ("0221" if repeat else "0220")
        )
        original_message, original_stan, original_transmitted_at = "", 0, ""
    return HostRequest(
        id=attempt_id,
        message=message,
        processing_code="200000" if attempt["kind"] == Kind.REFUND else "000000",
        amount_minor=amount_minor,
        currency=attempt["currency"],
        card_ciphertext=attempt["card_ciphertext"],
        card_expiry=attempt["card_expiry"],
        sensitive=b"",
        stan=stan,
        transmitted_at=transmitted_at,
        local_time=local_time,
        entry_mode=attempt["entry_mode"],
        merchant_category=attempt["merchant_category"],
        rrn=rrn,
        terminal=attempt["terminal"],
        acceptor=attempt["acceptor"],
        partial_ok=False,
        received_at_us=now_us,
        deadline_at_us=now_us + REPLY_DEADLINE_MS * 1000,
        approval_code=attempt["approval_code"],
        original_message=original_message,
        original_stan=original_stan,
        original_transmitted_at=original_transmitted_at,
        reason=lease["reason"],
        repeat=repeat,
        replacement_minor=replacement_minor,
    )


def _sent_at(transmitted_at: str, received_at: datetime, now: datetime) -> str:
    """Return the time of sending that the host was told of a message: that of reception where its own is none."""
    if moment_near(transmitted_at, now.date()) is not None:
        return transmitted_at
    return received_at.astimezone(UTC).strftime("%m%d%H%M%S")


def stan_of_part(stan: int) -> int:
    """Return the trace number of a reversal in part: not that of the whole, which would look like its repeat.

    Half the range away, where this terminal is least likely to be; both are 1 to 999999.
    """
    return (stan + 499_999) % 999_999 + 1


def _message_of(kind: int, message_class: int) -> str:
    if kind in (Kind.AUTHORISATION, Kind.VERIFICATION):
        return "0100"
    if kind in (Kind.PURCHASE, Kind.REFUND):
        return "0200"
    return "0120" if message_class == 1 else "0220"
