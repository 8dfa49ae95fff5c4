"""Invented purchases, with which mails are looked at before anybody gets one."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.contracts.order_mails import NoticeTemplate, OrderMailSample, OrderMailTemplate
from core.contracts.orders import InstalmentState, ShownInstalment
from core.contracts.reasons import Reason
from core.contracts.references import Money
from core.schedules.notices.model import (
    CardShown,
    Change,
    Due,
    Failure,
    InstalmentNow,
    Letter,
    NoticeKind,
    Purchase,
)
from core.schedules.notices.rules import card_letter, letter_of
from core.schedules.orders.rules import parts_of

_KINDS: Final[dict[NoticeTemplate, tuple[NoticeKind, Reason]]] = {
    "order_confirmed": ("order_confirmed", Reason.NONE),
    "debit_coming": ("debit_coming", Reason.NONE),
    "debit_paid": ("debit_paid", Reason.NONE),
    "debit_failed": ("debit_failed", Reason.INSUFFICIENT_FUNDS),
    "debit_failed_card_ends": ("debit_failed", Reason.INSUFFICIENT_FUNDS),
    "card_expired": ("debit_failed", Reason.EXPIRED_CARD),
    "card_expired_at_bank": ("debit_failed", Reason.EXPIRED_CARD),
    "authentication_needed": ("debit_failed", Reason.STRONG_AUTHENTICATION_REQUIRED),
    "instalment_unpaid": ("instalment_unpaid", Reason.NONE),
    "unpaid_reminder": ("unpaid_reminder", Reason.NONE),
    "card_expiring": ("card_expiring", Reason.NONE),
    "order_changed": ("order_changed", Reason.NONE),
    "refund_sent": ("refund_sent", Reason.NONE),
}
_OF_NO_INSTALMENT: Final = ("order_confirmed", "card_expiring", "order_changed", "refund_sent")
_BOUGHT_ON: Final = date(2026, 8, 4)
_CARD: Final = CardShown(bytes(16), "visa", "4242", "2610", is_refused=False)
_NEW_LAST_FOUR: Final = "0014"
_ENDS: Final = _CARD._replace(expiry="2608")
_LONG: Final = "Compagnie méditerranéenne de vente de matériel de plongée et de randonnée de Port-Saint-Louis"
_HOSTILE: Final = "<img src=x onerror=alert(1)> & Cie {link} \"'"


def letter_like(template: OrderMailTemplate, sample: OrderMailSample, language: str) -> Letter:
    """Return what is said of an invented purchase."""
    if template != "card_changed":
        return letter_of(sample_of(template, sample, language))
    order = sample_of("card_expiring", sample, language).order
    return card_letter(
        order.id, shop=order.shop, reference=order.reference, old=_CARD.last_four, new=_NEW_LAST_FOUR
    )


def sample_of(template: NoticeTemplate, sample: OrderMailSample, language: str) -> Due:
    """Return a notice of an invented purchase."""
    kind, reason = _KINDS[template]
    amount_minor, parts, name, shop, reference = 12_796, 3, "Odette Martin", "Maison Delorme", "MD-2026-0417"
    if sample == "long_words":
        name, shop, reference = "Marie-Antoinette Élisabeth " * 6, _LONG, "CMVMPR-2026-" + "0123456789" * 5
    if sample == "hostile_words":
        name, shop, reference = "<script>alert(1)</script>\nhttp://evil.example", _HOSTILE, "\"><b>{0}%s'--"
    if sample == "ten_instalments":
        amount_minor, parts = 129_999, 10
    dues = _dues(amount_minor, parts, paid=1)
    second = dues[1]
    return Due(
        id=bytes(16),
        kind=kind,
        about_id=bytes(16),
        about_key="",
        due_at=_moment(_BOUGHT_ON),
        order=Purchase(
            id=bytes(16),
            state="in_progress",
            is_active=True,
            reference=reference,
            shop=shop,
            name=name,
            email="odette@client.example",
            language=language,
            currency="EUR",
            amount_minor=amount_minor,
            fee_minor=0,
            purchased_on=_BOUGHT_ON,
            card=_card(template, kind, sample),
            instalments=dues,
        ),
        instalment=None
        if kind in _OF_NO_INSTALMENT
        else InstalmentNow(
            2,
            second.amount.amount,
            date.fromisoformat(second.due_on),
            "upcoming",
            _moment(date.fromisoformat(second.due_on) + timedelta(days=2)),
        ),
        failure=Failure(reason, template != "card_expired", bytes(16), is_last=True),
        change=Change(3_000, 0, _moment(_BOUGHT_ON + timedelta(days=10)), dues, _taken_off(dues, 3_000)),
        sent_back_minor=1_470,
    )


def _card(template: NoticeTemplate, kind: NoticeKind, sample: OrderMailSample) -> CardShown | None:
    if template == "debit_failed_card_ends":
        return _ENDS
    return _CARD if sample != "no_card" or kind == "card_expiring" else None


def _dues(amount_minor: int, parts: int, *, paid: int) -> list[ShownInstalment]:
    return [
        _shown(place + 1, amount, "paid" if place < paid else "upcoming")
        for place, amount in enumerate(parts_of(amount_minor, parts))
    ]


def _taken_off(dues: list[ShownInstalment], minor: int) -> list[ShownInstalment]:
    """Return a schedule of which an amount was taken off what is still to be paid."""
    open_ones = [each for each in dues if each.state == "upcoming"]
    rest = parts_of(sum(each.amount.amount for each in open_ones) - minor, len(open_ones))
    return [
        *(each for each in dues if each.state == "paid"),
        *(_shown(each.number, amount, "upcoming") for each, amount in zip(open_ones, rest, strict=True)),
    ]


def _shown(number: int, amount_minor: int, state: InstalmentState) -> ShownInstalment:
    on = _BOUGHT_ON + timedelta(days=30 * (number - 1))
    return ShownInstalment(
        number=number, due_on=on.isoformat(), amount=Money(amount_minor, "EUR"), state=state
    )


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
