"""Pure decisions on notices: whether what was to be told is still so, and what is said then."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, assert_never

from core.contracts.orders import OrderId, ShownInstalment
from core.contracts.reasons import Reason
from core.schedules.notices.model import CardShown, Due, Failure, Letter, Purchase
from core.schedules.orders.state_words import INSTALMENT_WORDS
from core.values.clock import paris_date
from core.values.dates import long_day, month_of_year
from core.values.money import money_text

REMINDER_LATE_MAX: Final = timedelta(days=2)
"""A reminder that comes later than this is left to the next one: on a calendar that leaps, three would come at once."""

_NAME_MAX: Final = 60
_ADDRESS: Final = re.compile(r"[/@\\<>]|www\.|\w\.\w", re.IGNORECASE)
_WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "hello": "Bonjour {name},",
        "hello_nobody": "Bonjour,",
        "line": "Prélèvement n° {number} : {day}, {amount} ({state})",
        "nothing": "Prélèvement n° {number} : {state}",
        "part": "{place} de la régularisation",
        "owed": "Nous vous devons {amount} : un remboursement suit, et un message vous dira quand il part.",
        "owed_sent": "Nous vous devions {amount} : ce remboursement est parti le {day}.",
        "owed_nothing": "Rien ne vous est à rembourser.",
        "card": "{brand} qui finit par {last_four} (valable jusqu’à fin {expires})",
        "card_alone": "{brand} qui finit par {last_four}",
        "no_card": "enregistrée",
        "left": "Il reste {amount} à régler pour cette commande.",
        "left_nothing": "Il ne reste rien à régler pour cette commande : merci.",
    },
    "en": {
        "hello": "Hello {name},",
        "hello_nobody": "Hello,",
        "line": "Debit no. {number}: {day}, {amount} ({state})",
        "nothing": "Debit no. {number}: {state}",
        "part": "{place} of the settlement",
        "owed": "We owe you {amount}: a refund follows, and a message will tell you when it leaves.",
        "owed_sent": "We owed you {amount}: this refund left on {day}.",
        "owed_nothing": "Nothing is to be refunded to you.",
        "card": "{brand} ending in {last_four} (valid until the end of {expires})",
        "card_alone": "{brand} ending in {last_four}",
        "no_card": "on file",
        "left": "{amount} are still to be paid for this order.",
        "left_nothing": "Nothing is left to pay for this order: thank you.",
    },
}
_BRANDS: Final = {"visa": "Visa", "mastercard": "Mastercard", "cb": "CB", "amex": "American Express"}
_OTHER: Final = {"fr": "carte", "en": "card"}


def is_still_so(due: Due, now: datetime) -> bool:
    """Return whether what a notice says is so at a moment of the calendar: nobody is told what has passed."""
    order, instalment, card = due.order, due.instalment, due.order.card
    if not order.is_active:
        return False
    match due.kind:
        case "order_confirmed":
            return order.state != "cancelled"
        case "debit_coming":
            return (
                instalment is not None
                and instalment.state == "upcoming"
                # The day, and which turn where it is told again.
                and order.debited_on(instalment.due_on).isoformat() == due.about_key.partition(" ")[0]
                and order.debited_on(instalment.due_on) > paris_date(now)
                and card is not None
                and not card.is_refused
                and not _expires_before(card, order.debited_on(instalment.due_on))
            )
        case "debit_paid":
            # The first one is in the confirmation of the order.
            return instalment is not None and instalment.state == "paid" and instalment.number > 1
        case "debit_failed":
            return (
                instalment is not None
                and due.failure is not None
                and instalment.state == "upcoming"
                and instalment.collect_after is not None
                and instalment.collect_after > now
                and due.failure.is_last
                and card is not None
                and card.id == due.failure.card_id
                # Its scheme may have renewed it meanwhile.
                and (not _has_ended(due.failure) or _expires_before(card, paris_date(now)))
            )
        case "instalment_unpaid":
            return instalment is not None and instalment.state == "unpaid"
        case "unpaid_reminder":
            is_late = now - due.due_at > REMINDER_LATE_MAX
            return (
                instalment is not None
                and instalment.state == "unpaid"
                and order.state == "unpaid"
                and order.debited_on(paris_date(now)) == paris_date(now)
                and not is_late
            )
        case "card_expiring":
            return (
                order.state == "in_progress"
                and card is not None
                and card.id == due.about_id
                and card.expiry >= f"{paris_date(now):%y%m}"
                and any(
                    each.state == "upcoming"
                    and _expires_before(card, order.debited_on(date.fromisoformat(each.due_on)))
                    for each in order.instalments
                )
            )
        case "order_changed":
            return due.change is not None
        case "refund_sent":
            return due.sent_back_minor is not None
        case _:
            assert_never(due.kind)


def is_so_again(due: Due, now: datetime) -> bool:
    """Return whether a mail that was sent may be written once more: a schedule that it shows is the one that stands."""
    if not is_still_so(due, now):
        return False
    if due.kind != "order_changed" or due.change is None:
        return True
    return [_line(each) for each in due.change.after] == [_line(each) for each in due.order.instalments]


def letter_of(due: Due) -> Letter:
    """Return what is said of a notice that is still so."""
    order, instalment, card = due.order, due.instalment, due.order.card
    locale = "en" if order.language == "en" else "fr"
    words = _WORDS[locale]

    def money(amount_minor: int) -> str:
        return money_text(amount_minor, order.currency, locale)

    facts = {
        "greeting": greeting(order.name, locale),
        "shop": one_line(order.shop),
        "reference": one_line(order.reference),
        "link": f"/schedules/{OrderId(order.id).text}",
    }
    if instalment is not None:
        facts |= {
            "number": _numbers(order.instalments, locale).get(instalment.number, str(instalment.number)),
            "amount": money(instalment.amount_minor),
            "day": long_day(instalment.due_on, locale),
        }
    match due.kind:
        case "order_confirmed":
            return Letter(
                "order_confirmed",
                facts
                | {
                    "day": long_day(order.purchased_on, locale),
                    "paid": money(order.instalments[0].amount.amount),
                    "total": money(order.amount_minor),
                    "fee": money(order.fee_minor),
                    "schedule": _schedule(order.instalments, locale, order),
                    "card": _card(card, locale),
                },
            )
        case "debit_coming":
            assert instalment is not None
            day = long_day(order.debited_on(instalment.due_on), locale)
            return Letter("debit_coming", facts | {"day": day, "card": _card(card, locale)})
        case "debit_paid":
            open_minor = sum(
                each.amount.amount for each in order.instalments if each.state not in ("paid", "cancelled")
            )
            left = words["left"].format(amount=money(open_minor)) if open_minor else words["left_nothing"]
            return Letter("debit_paid", facts | {"left": left})
        case "debit_failed":
            assert due.failure is not None
            assert instalment is not None
            assert instalment.collect_after is not None
            again = order.debited_on(paris_date(instalment.collect_after))
            facts |= {"again": long_day(again, locale), "card": _card(card, locale)}
            if _has_ended(due.failure):
                return Letter("card_expired", facts)
            match due.failure.reason:
                case Reason.EXPIRED_CARD:
                    # The month that we know is not what its bank says.
                    return Letter(
                        "card_expired_at_bank", facts | {"card": _card(card, locale, is_dated=False)}
                    )
                case Reason.STRONG_AUTHENTICATION_REQUIRED:
                    return Letter("authentication_needed", facts)
                case _:
                    ends = card is not None and _expires_before(card, again)
                    return Letter("debit_failed_card_ends" if ends else "debit_failed", facts)
        case "instalment_unpaid" | "unpaid_reminder":
            return Letter(due.kind, facts)
        case "card_expiring":
            assert card is not None
            late = max(
                order.debited_on(date.fromisoformat(each.due_on))
                for each in order.instalments
                if each.state == "upcoming"
            )
            return Letter(
                "card_expiring", facts | {"card": _card(card, locale), "last": long_day(late, locale)}
            )
        case "order_changed":
            assert due.change is not None
            owed, sent_on = due.change.owed_back_minor, due.change.sent_back_on
            owed_words = words["owed_nothing" if not owed else "owed" if sent_on is None else "owed_sent"]
            return Letter(
                "order_changed",
                facts
                | {
                    "amount": money(due.change.amount_minor),
                    "day": long_day(paris_date(due.change.at), locale),
                    "before": _schedule(due.change.before, locale, order),
                    "after": _schedule(due.change.after, locale, order),
                    "owed": owed_words.format(amount=money(owed), day=sent_on and long_day(sent_on, locale)),
                },
            )
        case "refund_sent":
            return Letter("refund_sent", facts | {"amount": money(due.sent_back_minor or 0)})
        case _:
            assert_never(due.kind)


def card_letter(order_id: bytes, *, shop: str, reference: str, old: str, new: str) -> Letter:
    """Return what is said once another card pays; `old` and `new` are their last four digits."""
    return Letter(
        "card_changed",
        {
            "shop": one_line(shop),
            "reference": one_line(reference),
            "old": old,
            "new": new,
            "link": f"/schedules/{OrderId(order_id).text}",
        },
    )


def ending_months(today: date, days: int) -> tuple[str, str]:
    """Return the first and the last month, as YYMM, that end today or within so many days; the first is later where none does."""
    after = today + timedelta(days=days + 1)
    return f"{today:%y%m}", f"{after.replace(day=1) - timedelta(days=1):%y%m}"


def greeting(name: str, locale: str) -> str:
    """Return how somebody is greeted; without a name where theirs looks like an address that a mailbox makes a link of."""
    said = one_line(name)[:_NAME_MAX].strip()
    words = _WORDS[locale]
    if not said or _ADDRESS.search(said):
        return words["hello_nobody"]
    return words["hello"].format(name=said)


def one_line(text: str) -> str:
    """Return others' words on one line, without what turns the direction of a text or is not seen."""
    plain = "".join(" " if each in "\r\n\t\v\f\x85\u2028\u2029" else each for each in text)
    seen = (each for each in plain if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co"))
    return " ".join("".join(seen).split())


def _has_ended(failure: Failure) -> bool:
    """Return whether nothing was sent because the card was past its last month; a bank may say so of any card."""
    return failure.reason == Reason.EXPIRED_CARD and not failure.is_sent


def _expires_before(card: CardShown, day: date) -> bool:
    return card.expiry < f"{day:%y%m}"


def _card(card: CardShown | None, locale: str, *, is_dated: bool = True) -> str:
    if card is None:
        return _WORDS[locale]["no_card"]
    return _WORDS[locale]["card" if is_dated else "card_alone"].format(
        brand=_BRANDS.get(card.brand, _OTHER[locale]),
        last_four=card.last_four,
        expires=month_of_year(2000 + int(card.expiry[:2]), int(card.expiry[2:]), locale),
    )


def _numbers(instalments: Sequence[ShownInstalment], locale: str) -> dict[int, str]:
    """Return what each instalment is called: parts of a settlement by their places among these, as their customer sees them."""
    part = _WORDS[locale]["part"]
    parts = [each.number for each in instalments if each.is_settling]
    places = {number: part.format(place=place) for place, number in enumerate(parts, start=1)}
    return {each.number: places.get(each.number, str(each.number)) for each in instalments}


def _line(each: ShownInstalment) -> tuple[object, ...]:
    return (each.number, each.due_on, each.amount, each.state)


def _schedule(instalments: Sequence[ShownInstalment], locale: str, standing: Purchase) -> str:
    """Return a line for each; what is to come of an order as it stands is debited once its pause is over."""

    def day_of(each: ShownInstalment) -> date:
        day = date.fromisoformat(each.due_on)
        return day if each.state != "upcoming" else standing.debited_on(day)

    words, states, numbers = _WORDS[locale], INSTALMENT_WORDS[locale], _numbers(instalments, locale)
    return "\n".join(
        words["nothing"].format(number=numbers[each.number], state=states[each.state])
        if each.state == "cancelled"
        else words["line"].format(
            number=numbers[each.number],
            day=long_day(day_of(each), locale),
            amount=money_text(each.amount.amount, each.amount.currency, locale),
            state=states[each.state],
        )
        for each in instalments
    )
