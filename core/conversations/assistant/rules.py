"""What the assistant answers: the words of published entries as they stand, or facts of the customer's own purchases.

There is no model of language here, so that it cannot invent: what it says is copied or read. Where it has nothing, it
says so and offers a person.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple

from core.contracts.conversations import MessageSource, ReplyKind
from core.contracts.my_orders import MyInstalment, MyOrder
from core.contracts.references import Money
from core.conversations.faq.rules import Index, words_of
from core.values.ids import encode_id
from core.values.money import money_text

ANSWERS_MAX: Final = 2
ORDERS_MAX: Final = 5

_PERSON: Final = frozenset(
    [
        "conseiller",
        "conseillere",
        "conseillers",
        "humain",
        "humaine",
        "quelqu",
        "agent",
        "adviser",
        "advisor",
        "human",
        "someone",
    ]
)
_DEBITS: Final = frozenset(
    [
        "prelevement",
        "prelevements",
        "preleve",
        "prelevee",
        "prelever",
        "echeance",
        "echeances",
        "debit",
        "debits",
        "debited",
        "instalment",
        "instalments",
        "paiement",
        "paiements",
        "payment",
        "payments",
    ]
)
_WHEN: Final = frozenset(
    ["quand", "date", "dates", "jour", "prochain", "prochaine", "prochains", "next", "when", "day"]
)
_HOW_MUCH: Final = frozenset(
    [
        "combien",
        "montant",
        "solde",
        "reste",
        "restant",
        "much",
        "amount",
        "left",
        "remaining",
        "remains",
        "balance",
    ]
)
_LEFT: Final = frozenset(
    ["reste", "restant", "solde", "dois", "devoir", "left", "remaining", "remains", "balance", "owe"]
)
_UNPAID: Final = frozenset(["impaye", "impayes", "unpaid", "overdue"])
_FAILED: Final = frozenset(
    [
        "echoue",
        "echouee",
        "echoues",
        "echec",
        "rejete",
        "rejetee",
        "rejet",
        "refuse",
        "refusee",
        "refus",
        "failed",
        "fail",
        "failure",
        "rejected",
        "refused",
        "declined",
        "bounced",
    ]
)
_OWN: Final = frozenset(["ai", "mes", "mon", "ma", "je", "j", "my", "i", "do", "have", "am"])
_CARD: Final = frozenset(["carte", "card"])
_WHICH: Final = frozenset(["quelle", "laquelle", "which"])
_DEBITED: Final = frozenset(["debitee", "debite", "prelevee", "utilisee", "debited", "used", "charged"])

_WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "nothing": "Je n’ai pas de réponse sûre à cette question. Un conseiller peut vous répondre.",
        "person": "Un conseiller peut vous répondre : transmettez-lui votre demande, avec ce que nous nous sommes dit.",
        "no_order": "Je ne trouve aucun achat en cours avec les adresses de votre espace.",
        "order": "{shop}, commande {reference} : {what}",
        "next": "prochain prélèvement de {amount} le {day}, à un ou deux jours près.",
        "under_way": "un prélèvement de {amount} est en cours.",
        "again": "le prélèvement de {amount} a été refusé : nous réessaierons à partir du {day}.",
        "refused": "le prélèvement de {amount} a été refusé : ouvrez cet échéancier pour savoir que faire.",
        "given_up": "Nous n’essayons plus de les prélever.",
        "none_left": "aucun prélèvement à venir.",
        "left": "il reste {amount} à payer.",
        "unpaid": "{amount} restent impayés : réglez-les par « Régulariser », en haut de cet échéancier.",
        "not_unpaid": "aucun impayé.",
        "card": "la carte débitée se termine par {last_four} et expire fin {expires}.",
        "no_card": "aucune carte enregistrée.",
    },
    "en": {
        "nothing": "I have no sure answer to this question. An adviser can answer you.",
        "person": "An adviser can answer you: send your request, with what we said to each other.",
        "no_order": "I find no purchase under way with the addresses of your space.",
        "order": "{shop}, order {reference}: {what}",
        "next": "next debit of {amount} on {day}, give or take a day or two.",
        "under_way": "a debit of {amount} is under way.",
        "again": "the debit of {amount} was refused: we will try again from {day} on.",
        "refused": "the debit of {amount} was refused: open this schedule to see what to do.",
        "given_up": "We do not try to debit them any more.",
        "none_left": "no debit to come.",
        "left": "{amount} are left to pay.",
        "unpaid": "{amount} are unpaid: pay by “Settle”, at the top of this schedule.",
        "not_unpaid": "nothing unpaid.",
        "card": "the card that is debited ends in {last_four} and expires at the end of {expires}.",
        "no_card": "no card kept.",
    },
}


class Reply(NamedTuple):
    """What is answered, and from what. `person` and `nothing` offer to hand over."""

    kind: ReplyKind
    text: str
    sources: tuple[MessageSource, ...] = ()


def reply_to(question: str, *, index: Index, orders: Sequence[MyOrder], locale: str) -> Reply:
    """Return the answer to a question of a customer whose schedules under way are `orders`."""
    words = frozenset(words_of(question))
    said = _WORDS[locale]
    if words & _PERSON:
        return Reply("person", said["person"])
    told = _fact_asked_for(words)
    named = _named(question, orders)
    if told is None and words & _FAILED and words & _DEBITS:
        # An entry says what happens to debits at large; to theirs it has happened.
        failed = [each for each in named or orders if each.unpaid.amount or _refused(each)]
        if failed:
            return _facts(_failed, failed, locale)
    if told is None and named:
        told = _left
    if told is not None:
        return _facts(told, named or orders, locale)
    found = index.answers(question, limit=ANSWERS_MAX)
    if not found:
        return Reply("nothing", said["nothing"])
    return Reply(
        "entries",
        "\n\n".join(match.entry.answer for match in found),
        tuple(
            MessageSource("faq_entry", encode_id("faq_entry", match.entry.id), match.entry.question)
            for match in found
        ),
    )


_Told = Callable[[MyOrder, str], str]


def _fact_asked_for(words: frozenset[str]) -> _Told | None:
    """Return what is told of each purchase, None where no fact of theirs is asked for."""
    if words & _CARD and words & _WHICH and words & _DEBITED:
        return _card
    if words & _UNPAID and words & _OWN and not words & {"comment", "how", "pourquoi", "why"}:
        return _unpaid
    if words & _HOW_MUCH and words & _LEFT:
        return _left
    if words & _DEBITS and words & _WHEN:
        return _next
    return None


def _named(question: str, orders: Sequence[MyOrder]) -> list[MyOrder]:
    """Return the purchases whose number stands in the question."""
    asked = question.casefold()
    return [each for each in orders if len(each.reference) >= 4 and each.reference.casefold() in asked]


def _facts(told: _Told, orders: Sequence[MyOrder], locale: str) -> Reply:
    said = _WORDS[locale]
    if not orders:
        return Reply("facts", said["no_order"])
    shown = orders[:ORDERS_MAX]
    return Reply(
        "facts",
        "\n".join(
            said["order"].format(shop=each.shop, reference=each.reference, what=told(each, locale))
            for each in shown
        ),
        tuple(MessageSource("order", each.id, f"{each.shop} {each.reference}") for each in shown),
    )


def _next(order: MyOrder, locale: str) -> str:
    """Return what was not collected before what is to come: the one needs its customer, the other does not."""
    if not order.unpaid.amount:
        return _coming(order, locale)
    unpaid = _unpaid(order, locale)
    if _first(order, "in_progress") is None and _first(order, "upcoming") is None:
        return unpaid
    coming = _coming(order, locale)
    return f"{unpaid} {coming[0].upper()}{coming[1:]}"


def _failed(order: MyOrder, locale: str) -> str:
    """Return what is given up, with what is tried again."""
    told = f"{_unpaid(order, locale)} {_WORDS[locale]['given_up']}" if order.unpaid.amount else ""
    refused = _refused(order)
    if refused is None:
        return told
    again = _again(refused, locale)
    return f"{told} {again[0].upper()}{again[1:]}" if told else again


def _coming(order: MyOrder, locale: str) -> str:
    said = _WORDS[locale]
    under_way = _first(order, "in_progress")
    if under_way is not None:
        return said["under_way"].format(amount=_money(under_way.amount, locale))
    refused = _refused(order)
    if refused is not None:
        return _again(refused, locale)
    coming = _first(order, "upcoming")
    if coming is None:
        return said["none_left"]
    return said["next"].format(
        amount=_money(coming.amount, locale), day=_day(coming.next_on or coming.due_on)
    )


def _refused(order: MyOrder) -> MyInstalment | None:
    """Return the first debit that was refused and is not given up yet, by its day."""
    return next((each for each in _by_day(order) if each.has_failed), None)


def _again(refused: MyInstalment, locale: str) -> str:
    """Return when a debit is tried again, or that it waits for its customer."""
    said, amount = _WORDS[locale], _money(refused.amount, locale)
    if refused.retry_on is None:
        return said["refused"].format(amount=amount)
    return said["again"].format(amount=amount, day=_day(refused.retry_on))


def _left(order: MyOrder, locale: str) -> str:
    return _WORDS[locale]["left"].format(amount=_money(order.remaining, locale))


def _unpaid(order: MyOrder, locale: str) -> str:
    said = _WORDS[locale]
    if not order.unpaid.amount:
        return said["not_unpaid"]
    return said["unpaid"].format(amount=_money(order.unpaid, locale))


def _card(order: MyOrder, locale: str) -> str:
    said = _WORDS[locale]
    if order.card is None:
        return said["no_card"]
    year, _, month = order.card.expires.partition("-")
    return said["card"].format(last_four=order.card.last_four, expires=f"{month}/{year}")


def _first(order: MyOrder, state: str) -> MyInstalment | None:
    """Return the first debit in a state, by its day."""
    return next((each for each in _by_day(order) if each.state == state), None)


def _by_day(order: MyOrder) -> list[MyInstalment]:
    """Return the debits of the plan with those of what is settled."""
    return sorted((*order.instalments, *order.settling), key=lambda each: each.due_on)


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"


def _money(value: Money, locale: str) -> str:
    return money_text(value.amount, value.currency, locale)
