"""Mails of purchases read well in both languages, whatever names are in them (NOT-1, NOT-2)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import get_args

import msgspec
import pytest

from core.contracts.order_mails import NoticeTemplate, OrderMailSample, OrderMailTemplate
from core.notifications.mail.model import Face, Rendered
from core.notifications.mail.rules import absolute, render
from core.notifications.mail.wording import layout, template_for
from core.schedules.notices.model import Letter
from core.schedules.notices.rules import card_letter, is_so_again, is_still_so, letter_of
from core.schedules.notices.samples import letter_like, sample_of

FACE = Face(
    "Guichet", "#0b6e4f", "aide@guichet.example", "01 02 03 04 05", "9 h à 18 h", "https://espace.example"
)


def mail_of(letter: Letter, locale: str) -> Rendered:
    """Return a letter as it leaves."""
    facts = dict(letter.facts)
    return render(
        template_for(letter.template, facts),
        layout(),
        locale=locale,
        facts=facts | absolute(facts, FACE.space_url),
        face=FACE,
    )


@pytest.mark.parametrize("template", get_args(OrderMailTemplate))
@pytest.mark.parametrize("sample", get_args(OrderMailSample))
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_mail_says_what_it_is_about_and_how_to_reach_us(
    template: OrderMailTemplate, sample: OrderMailSample, locale: str
) -> None:
    letter = letter_like(template, sample, locale)
    facts = dict(letter.facts)
    assert letter.template == template
    mail = mail_of(letter, locale)
    assert "\n" not in mail.subject
    assert facts["shop"] in mail.text
    assert facts["reference"] in mail.text
    for part in (mail.text, mail.html):
        assert f"{FACE.space_url}/schedules/ord_" in part
        assert FACE.phone in part
        assert "evil.example" not in part
    assert not re.search(r"<(?:script|img|b)\b", mail.html), "a name became markup"
    if "schedule" in facts:
        assert template != "card_changed"
        due = sample_of(template, sample, locale)
        assert facts["schedule"].count("\n") == len(due.order.instalments) - 1


@pytest.mark.parametrize(
    ("template", "locale", "said"),
    [
        ("debit_coming", "fr", "Le prélèvement n° 2 de la régularisation de votre commande MD-2026-0417"),
        ("debit_coming", "en", "Debit no. 2 of the settlement of your order MD-2026-0417"),
        ("debit_paid", "fr", "L’échéance n° 2 de la régularisation de votre commande MD-2026-0417"),
        ("order_changed", "fr", "Prélèvement n° 2 de la régularisation : 3"),
        ("order_changed", "fr", "Prélèvement n° 1 : 4"),
    ],
)
def test_parts_of_a_settlement_are_numbered_as_their_customer_sees_them(
    template: NoticeTemplate, locale: str, said: str
) -> None:
    """The second instalment was unpaid, and is settled in two: its place is taken by those with the numbers 4 and 5."""
    due = sample_of(template, "plain", locale)
    plan = list(due.order.instalments)
    parts = [msgspec.structs.replace(plan[1], number=number, is_settling=True) for number in (4, 5)]
    schedule = [plan[0], plan[2], *parts]
    due = due._replace(order=due.order._replace(instalments=schedule))
    if due.instalment is not None:
        due = due._replace(instalment=due.instalment._replace(number=5))
    if due.change is not None:
        due = due._replace(change=due.change._replace(before=schedule, after=schedule))
    mail = mail_of(letter_of(due), locale)
    assert said in mail.text.replace("\u00a0", " ")


@pytest.mark.parametrize("template", ["order_changed", "order_confirmed"])
def test_the_schedule_of_a_paused_order_has_the_days_on_which_its_debits_are_made(
    template: NoticeTemplate,
) -> None:
    due = sample_of(template, "plain", "fr")
    plan = [msgspec.structs.replace(each, state="upcoming") for each in due.order.instalments]
    due = due._replace(
        order=due.order._replace(
            instalments=[msgspec.structs.replace(plan[0], state="paid"), *plan[1:]],
            paused_until=date(2027, 2, 1),
        )
    )
    if due.change is not None:
        due = due._replace(
            change=due.change._replace(before=due.order.instalments, after=due.order.instalments)
        )
    facts = letter_of(due).facts
    for schedule in [facts[each] for each in ("schedule", "before", "after") if each in facts]:
        lines = schedule.splitlines()
        assert "2027" not in lines[0], "paid before"
        assert all("1er février 2027" in line.replace("\u00a0", " ") for line in lines[1:]), lines


@pytest.mark.parametrize(
    ("locale", "sent", "dated"),
    [("fr", "Votre banque a refusé", "valable jusqu"), ("en", "Your bank declined", "valid until")],
)
def test_of_a_card_that_its_bank_calls_expired_nobody_says_that_nothing_was_sent_or_how_long_it_is_good(
    locale: str, sent: str, dated: str
) -> None:
    due = sample_of("card_expired_at_bank", "plain", locale)
    mail = mail_of(letter_of(due), locale)
    for part in (mail.text, mail.html):
        assert sent in part
        assert dated not in part
        assert "envoyé le prélèvement" not in part
        assert "did not send" not in part


@pytest.mark.parametrize("template", get_args(NoticeTemplate))
def test_nobody_is_told_of_an_order_that_never_began(template: NoticeTemplate) -> None:
    due = sample_of(template, "plain", "fr")
    due = due._replace(order=due.order._replace(is_active=False, state="awaiting_payment"))
    assert not is_still_so(due, due.due_at)


def test_of_a_changed_card_nothing_of_a_shop_breaks_a_line_or_turns_it() -> None:
    facts = card_letter(
        bytes(16),
        shop="Maison\nDelorme",
        reference="MD\u202e-7\r\nhttp://evil.example",
        old="4242",
        new="0014",
    ).facts
    assert (facts["shop"], facts["reference"]) == ("Maison Delorme", "MD-7 http://evil.example")


def test_a_change_is_told_again_while_the_schedule_that_it_shows_is_the_one_that_stands() -> None:
    due = sample_of("order_changed", "plain", "fr")
    assert due.change is not None
    day = due.due_at.date()
    changed = due._replace(order=due.order._replace(instalments=due.change.after))
    assert is_so_again(changed, due.due_at)
    assert not is_so_again(due, due.due_at), "it was changed anew"
    until = day + timedelta(days=50)
    paused = changed._replace(order=changed.order._replace(paused_until=until))
    assert is_so_again(paused, due.due_at)
    assert "23\u00a0septembre\u00a02026" in letter_of(paused).facts["after"], (
        "the day on which the pause is over"
    )
    owed = due._replace(change=due.change._replace(owed_back_minor=1_470))
    assert "un remboursement suit" in letter_of(owed).facts["owed"]
    left = owed._replace(change=due.change._replace(owed_back_minor=1_470, sent_back_on=day))
    assert letter_of(left).facts["owed"].endswith("ce remboursement est parti le 4\u00a0août\u00a02026.")


def test_a_confirmation_that_is_written_in_a_pause_gives_the_days_of_the_debits() -> None:
    due = sample_of("order_confirmed", "plain", "en")
    until = due.due_at.date() + timedelta(days=50)
    said = (
        letter_of(due._replace(order=due.order._replace(paused_until=until))).facts["schedule"].splitlines()
    )
    assert "4\u00a0August\u00a02026" in said[0], "paid already"
    assert ["23\u00a0September\u00a02026" in each for each in said] == [False, True, False]
