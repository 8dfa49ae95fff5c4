"""A page with a form drawn again, as the agent had typed it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import jinja2
import msgspec
import pytest

from portals.agent.app import make_kit
from portals.kit.kit import Kit
from portals.kit.page_forms import How, PageForms
from portals.kit.sent_forms import sent_form
from portals.kit.settings import settings_from

NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
_TEMPLATE: Final = """{% from "record.html" import act with context %}
{% from "fields.html" import choice, post, reason, text, tick with context %}<p>5 &lt; 6</p>
{% call act("a", "Act", "") %}{% call post("/things/1/name", name="thing", once=true, revision=8) %}
{{ text("name", "Name", "Old & grey", required=true) }}{{ text("note", "Note", "old", rows=3) }}
{{ choice("kind", "Kind", "a", [("a", "A"), ("b", "B")]) }}
{{ tick("tag", "X", true, "x") }}{{ tick("tag", "Y", false, "y") }}
<input type="password" name="password" value=""><button formaction="/things/1/end">End</button>{% endcall %}{% endcall %}
{% for service in services %}
{% call act(service, "Block", "") %}{% call post("/blocks", name=service) %}{{ reason("r" ~ service) }}{% endcall %}{% endcall %}{% endfor %}
{% call act("whole", "Block", "") %}{% call post("/blocks") %}{{ reason() }}{% endcall %}{% endcall %}"""

_TYPED: Final = [
    ("csrf", "old"),
    ("form_name", "thing"),
    ("revision", "7"),
    ("idempotency_key", "first"),
    ("name", 'Zoé "<b>" & Cie'),
    ("note", "\ntwo\nlines </textarea>"),
    ("kind", "b"),
    ("tag", "y"),
    ("password", "secret"),
]


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The templates and words of the agents' portal, with a page of forms."""
    folder = tmp_path_factory.mktemp("portal")
    kit = make_kit(msgspec.structs.replace(settings_from(os.environ), secret_file=folder / "secret"))
    loader = kit._templates.loader
    assert loader is not None
    kit._templates.loader = jinja2.ChoiceLoader([jinja2.DictLoader({"page.html": _TEMPLATE}), loader])
    return kit


def _page(
    kit: Kit,
    fields: Sequence[tuple[str, str]] = (),
    path: str = "/things/1/name",
    *,
    how: How | None = "refused",
    services: Sequence[str] = ("1", "2"),
    errors: dict[str, str] | None = None,
) -> tuple[str, PageForms]:
    sent = sent_form(path, "/things/1", "agt_1", list(fields))
    forms = PageForms(sent.name, sent.fields, how if fields else None, errors)
    facts = {"locale": "fr", "csrf": "new", "forms": forms, "services": services}
    return kit.render("page.html", kit.words["fr"], facts, now=NOW, host="portal"), forms


def test_every_kind_of_field_shows_what_was_typed_and_its_fold_stands_open(kit: Kit) -> None:
    page, forms = _page(kit, _TYPED)
    assert 'value="Zoé &#34;&lt;b&gt;&#34; &amp; Cie"' in page
    assert ">\n\ntwo\nlines &lt;/textarea&gt;</textarea>" in page, (
        "a break right after the tag is not of the text"
    )
    assert '<option value="a">' in page
    assert '<option value="b" selected>' in page
    assert 'value="x">' in page
    assert 'value="y" checked>' in page
    assert page.count('<details class="act over" open>') == 1
    assert forms.shown


def test_a_form_that_was_not_sent_shows_what_it_is_given(kit: Kit) -> None:
    page, forms = _page(kit)
    assert 'value="Old &amp; grey"' in page
    assert '<option value="a" selected>' in page
    assert 'value="x" checked>' in page
    assert '<details class="act over">' in page
    assert not forms.shown


def test_neither_a_password_nor_the_token_comes_back(kit: Kit) -> None:
    page, _ = _page(kit, _TYPED)
    assert "secret" not in page
    assert 'name="csrf" value="new"' in page


def test_the_revision_and_the_key_are_those_of_the_page_unless_the_form_is_brought_back_as_of_then(
    kit: Kit,
) -> None:
    refused, _ = _page(kit, _TYPED)
    assert 'name="revision" value="8"' in refused
    assert 'name="idempotency_key" value="first"' not in refused
    kept, _ = _page(kit, _TYPED, how="kept")
    assert 'name="revision" value="7"' in kept
    assert 'name="idempotency_key" value="first"' in kept
    assert kit.words["fr"]("kept.title") in kept


def test_a_form_is_known_by_its_name_whichever_of_its_buttons_sent_it(kit: Kit) -> None:
    assert "Zoé" in _page(kit, _TYPED, "/things/1/end")[0]


def test_of_two_forms_with_one_action_the_name_tells_which(kit: Kit) -> None:
    page, _ = _page(kit, [("form_name", "2"), ("reason", "why")], "/blocks", errors={"reason": "Trop court."})
    first, second, whole = page.split('action="/blocks"')[1:]
    for other in (first, whole):
        assert "why" not in other
        assert "field-error" not in other
    assert 'value="why"' in second
    assert '<p class="field-error" id="e-r2">' in second
    assert 'href="#f-r2">Motif' in second


def test_what_was_typed_about_the_whole_never_stands_in_the_form_about_a_part(kit: Kit) -> None:
    page, _ = _page(kit, [("reason", "why")], "/blocks")
    first, second, whole = page.split('action="/blocks"')[1:]
    assert "why" not in first + second
    assert 'value="why"' in whole


def test_a_page_without_the_form_leaves_the_others_on_its_address_alone(kit: Kit) -> None:
    page, forms = _page(kit, [("form_name", "3"), ("reason", "why")], "/blocks")
    assert "why" not in page
    assert not forms.shown
