"""Mail reads well in both languages, says how to reach us, and never lets a fact become markup."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.notifications.errors import TemplateUnknown
from core.notifications.mail.model import Face
from core.notifications.mail.rules import (
    HIDDEN,
    TRIES_MAX,
    digest_of,
    masked,
    render,
    wait_after,
    without_secrets,
)
from core.notifications.mail.wording import all_templates, layout, template_for

FACE = Face(
    "Guichet", "#0b6e4f", "aide@guichet.example", "01 02 03 04 05", "9 h à 18 h", "https://espace.example"
)


@pytest.mark.parametrize("name", sorted(all_templates()))
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_template_says_all_its_facts_and_the_contact_block(name: str, locale: str) -> None:
    template = all_templates()[name]
    facts = {fact: f"<{fact}>" for fact in template.facts} | (
        {"link": "https://desk.example/x"} if "link" in template.facts else {}
    )
    mail = render(template, layout(), locale=locale, facts=facts, face=FACE)
    for fact in template.facts:
        assert facts[fact] in mail.text, fact
    assert "<name>" not in mail.html, "a fact became markup"
    for part in (FACE.email, FACE.phone, FACE.space_url):
        assert part in mail.text
        assert part in mail.html
    assert "{" not in mail.text + mail.subject


def test_a_line_break_in_a_fact_cannot_add_a_header() -> None:
    template = all_templates()["agent_invitation"]
    face = Face("Guichet\r\nBcc: x@y.example", "#000000", "", "", "", "")
    mail = render(template, layout(), locale="fr", facts={"name": "A", "link": ""}, face=face)
    assert "\n" not in mail.subject


def test_a_link_that_is_no_web_address_is_no_button() -> None:
    template = all_templates()["agent_invitation"]
    mail = render(
        template, layout(), locale="fr", facts={"name": "A", "link": "javascript:alert(1)"}, face=FACE
    )
    assert "javascript" not in mail.html


def test_what_opens_an_account_is_hidden_in_the_journal() -> None:
    template = all_templates()["agent_invitation"]
    shown = without_secrets(template, {"name": "Inès", "link": "https://desk.example/invitation/abc"})
    assert shown == {"name": "Inès", "link": HIDDEN}


def test_a_mail_with_a_fact_too_few_is_refused_where_it_is_written() -> None:
    with pytest.raises(TemplateUnknown):
        template_for("agent_invitation", {"name": "Inès"})


def test_only_the_same_mail_has_the_same_digest() -> None:
    def digest(**changed: object) -> bytes:
        known = {
            "template": "receipt",
            "to": "a@b.example",
            "locale": "fr",
            "facts": {"a": "1", "b": "2"},
            "about_kind": "transaction",
            "about_id": b"x" * 16,
            "once_key": "",
        }
        return digest_of(**{**known, **changed})  # pyright: ignore[reportArgumentType]

    assert digest() == digest(facts={"b": "2", "a": "1"})
    others = [
        digest(to="c@b.example"),
        digest(facts={"a": "12", "b": ""}),
        digest(about_id=None),
        digest(once_key="again"),
    ]
    assert len({digest(), *others}) == 5


def test_tries_wait_longer_each_time_and_end() -> None:
    waits = [wait_after(tries) for tries in range(1, TRIES_MAX)]
    assert waits[0] == timedelta(seconds=30)
    assert all(one is not None for one in waits)
    assert waits == sorted(waits, key=lambda one: one or timedelta.max)
    assert wait_after(TRIES_MAX) is None


def test_a_recipient_is_masked_but_for_the_domain() -> None:
    assert masked("claire.dubreuil@guichet.example") == f"c{HIDDEN}@guichet.example"
