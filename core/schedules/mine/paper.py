"""A schedule on paper: what the customer sees, in words of their language."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from core.contracts.my_orders import MyCard, MyInstalment, MyOrderView
from core.contracts.orders import InstalmentState
from core.contracts.references import Money
from core.schedules.orders.state_words import INSTALMENT_WORDS, SCHEDULE_WORDS
from core.values.clock import PARIS
from core.values.money import money_text

_WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "title": "Échéancier de paiement",
        "reference": "N° de commande",
        "shop": "Enseigne",
        "amount": "Montant d’achat",
        "purchased_on": "Date d’achat",
        "fee": "Frais de dossier",
        "cancelled": "Annulé par l’enseigne",
        "refunded": "Remboursé",
        "owed_back": "À vous rembourser",
        "state": "Statut de l’échéancier",
        "card": "Carte débitée",
        "customer": "Client",
        "debit": "Prélèvement",
        "date": "Date",
        "due": "Montant",
        "status": "Statut",
        "number": "Prélèvement n° {number}",
        "expires": "{brand} •••• {last_four}, valable jusqu’au {expires}",
        "total": "Total",
        "note": "La date de chaque prélèvement est donnée à titre indicatif : elle peut être décalée d’un ou deux jours.",
        "made": "Édité le {day} à\u00a0{time} (heure de Paris)",
        "page": "Page",
        "refused": "Refusé",
        "retry": "Nouvel essai le {day}",
        "taken_over": "Régularisation",
        "part": "Mensualité n° {number}",
        "settled": "Montant régularisé",
        "paused": "Prélèvements suspendus",
        "paused_until": "Aucun avant le {day}",
    },
    "en": {
        "title": "Payment schedule",
        "reference": "Order number",
        "shop": "Shop",
        "amount": "Amount of the purchase",
        "purchased_on": "Date of the purchase",
        "fee": "Fee",
        "cancelled": "Cancelled by the shop",
        "refunded": "Given back",
        "owed_back": "To be given back",
        "state": "Status of the schedule",
        "card": "Debited card",
        "customer": "Customer",
        "debit": "Debit",
        "date": "Date",
        "due": "Amount",
        "status": "Status",
        "number": "Debit no. {number}",
        "expires": "{brand} •••• {last_four}, valid until {expires}",
        "total": "Total",
        "note": "The date of each debit is indicative: it may move by one or two days.",
        "made": "Made on {day} at\u00a0{time} (Paris time)",
        "page": "Page",
        "refused": "Refused",
        "retry": "Tried again on {day}",
        "taken_over": "Settlement",
        "part": "Part no. {number}",
        "settled": "Amount settled",
        "paused": "Debits paused",
        "paused_until": "None before {day}",
    },
}
_BRANDS: Final = {"visa": "Visa", "mastercard": "Mastercard", "cb": "CB", "amex": "American Express"}


class Paper(msgspec.Struct, frozen=True):
    """Every word and figure of the paper, as it is set."""

    lang: str
    title: str
    subtitle: str
    institution: str
    facts: list[tuple[str, str]]
    head: tuple[str, str, str, str]
    rows: list[tuple[str, str, str, str]]
    total: tuple[str, str]
    note: str
    made: str
    page: str


def paper_of(order: MyOrderView, language: str, *, institution: str, name: str, made_at: datetime) -> Paper:
    """Return a schedule as it is set on paper at a moment."""
    locale = "en" if language == "en" else "fr"
    words, states = _WORDS[locale], INSTALMENT_WORDS[locale]

    def money(value: Money) -> str:
        return money_text(value.amount, value.currency, locale)

    facts = [
        (words["reference"], order.reference),
        (words["shop"], order.shop),
        (words["purchased_on"], _day(date.fromisoformat(order.purchased_on))),
        (words["amount"], money(order.amount)),
        (words["fee"], money(order.fee)),
    ]
    if order.cancelled.amount:
        facts.append((words["cancelled"], money(order.cancelled)))
    if order.refunded.amount:
        facts.append((words["refunded"], money(order.refunded)))
    if order.owed_back.amount:
        facts.append((words["owed_back"], money(order.owed_back)))
    facts.append((words["state"], _capital(SCHEDULE_WORDS[locale][order.state])))
    if order.paused_until is not None:
        on = _day(date.fromisoformat(order.paused_until))
        facts.append((words["paused"], words["paused_until"].format(day=on)))
    if order.settling:
        facts.append((words["settled"], money(order.settled)))
    if order.card is not None:
        facts.append((words["card"], _card(order.card, words)))
    if name:
        facts.append((words["customer"], name))
    moment = made_at.astimezone(PARIS)
    standing = [each for each in order.instalments if not each.is_taken_over] + order.settling
    owed = Money(sum(each.amount.amount for each in standing), order.amount.currency)
    return Paper(
        lang=locale,
        title=words["title"],
        subtitle=f"{order.shop} · {order.reference}",
        institution=institution,
        facts=facts,
        head=(words["debit"], words["date"], words["due"], words["status"]),
        rows=[
            (
                words["number"].format(number=each.number),
                _date(each, order),
                money(each.amount),
                words["taken_over"] if each.is_taken_over else _standing(each, words, states),
            )
            for each in order.instalments
        ]
        + [
            (
                words["part"].format(number=each.number),
                _date(each, order),
                money(each.amount),
                _standing(each, words, states),
            )
            for each in order.settling
        ],
        total=(words["total"], money(owed)),
        note=words["note"],
        made=words["made"].format(day=_day(moment.date()), time=f"{moment:%H:%M}"),
        page=words["page"],
    )


def _date(instalment: MyInstalment, order: MyOrderView) -> str:
    put_off_to = instalment.next_on if order.paused_until is not None else None
    return _day(date.fromisoformat(put_off_to or instalment.due_on))


def _standing(instalment: MyInstalment, words: dict[str, str], states: Mapping[InstalmentState, str]) -> str:
    if instalment.retry_on is not None:
        return words["retry"].format(day=_day(date.fromisoformat(instalment.retry_on)))
    return words["refused"] if instalment.has_failed else _capital(states[instalment.state])


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _card(card: MyCard, words: dict[str, str]) -> str:
    year, month = card.expires.split("-")
    brand = _BRANDS.get(card.brand, "")
    return words["expires"].format(brand=brand, last_four=card.last_four, expires=f"{month}/{year}").strip()
