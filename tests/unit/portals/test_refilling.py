"""A page with a form filled again, as the agent had typed it."""

from __future__ import annotations

from portals.kit.refilling import refill

_PAGE = """<!DOCTYPE html><main id="main"><p>5 &lt; 6 &amp; &#8364;</p><details class="act"><summary>Act</summary>
<form method="post" action="/things/1/name"><input type="hidden" name="csrf" value="new"><input type="hidden"
name="revision" value="8"><input name="name" value="Old &amp; grey" required><textarea name="note">old</textarea>
<select name="kind"><option value="a" selected>A</option><option value="b">B</option></select>
<label><input type="checkbox" name="tag" value="x" checked> X</label><label><input type="checkbox" name="tag" value="y"> Y</label>
<input type="password" name="word" value=""><button formaction="/things/1/end">End</button></form></details>
<form method="post" action="/blocks"><input type="hidden" name="service" value="1"><input name="reason"></form>
<form method="post" action="/blocks"><input type="hidden" name="service" value="2"><input name="reason"></form></main>"""

_TYPED = [
    ("csrf", "old"),
    ("revision", "7"),
    ("name", 'Zoé "<b>" & Cie'),
    ("note", "two\nlines </textarea>"),
    ("kind", "b"),
    ("tag", "y"),
    ("word", "secret"),
]


def _filled(fields: list[tuple[str, str]], action: str, *, as_of_then: bool = False) -> str:
    page = refill(_PAGE, address="/things/1", action=action, fields=fields, as_of_then=as_of_then)
    assert page is not None
    return page


def test_every_kind_of_field_shows_what_was_typed_and_its_fold_stands_open() -> None:
    page = _filled(_TYPED, "/things/1/name")
    assert 'name="name" value="Zoé &quot;&lt;b&gt;&quot; &amp; Cie" required' in page
    assert "two\nlines &lt;/textarea&gt;</textarea>" in page
    assert '<option value="a">' in page
    assert '<option value="b" selected>' in page
    assert 'value="x">' in page
    assert 'value="y" checked>' in page
    assert '<details class="act" open>' in page


def test_the_rest_of_the_page_stays_as_it_is() -> None:
    page = _filled(_TYPED, "/things/1/name")
    assert "<p>5 &lt; 6 &amp; &#8364;</p>" in page
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<form") == page.count("</form>") == 3


def test_neither_a_password_nor_the_token_comes_back() -> None:
    page = _filled(_TYPED, "/things/1/name")
    assert "secret" not in page
    assert 'name="csrf" value="new"' in page


def test_the_revision_is_that_of_the_page_unless_the_form_is_brought_back_as_of_then() -> None:
    assert 'name="revision" value="8"' not in _filled(_TYPED, "/things/1/name", as_of_then=True)
    assert 'name="revision" value="7"' in _filled(_TYPED, "/things/1/name", as_of_then=True)
    assert 'value="7"' not in _filled(_TYPED, "/things/1/name")


def test_a_form_is_known_by_the_action_of_any_of_its_buttons() -> None:
    assert "Zoé" in _filled(_TYPED, "/things/1/end")


def test_of_two_forms_with_one_action_what_is_hidden_tells_which() -> None:
    page = _filled([("service", "2"), ("reason", "why")], "/blocks")
    first, second = page.split('name="service" value="2"')
    assert "why" not in first
    assert 'value="why"' in second


def test_a_page_without_the_form_says_so() -> None:
    assert refill(_PAGE, address="/things/1", action="/elsewhere", fields=_TYPED) is None


_BLOCKS = """<main id="main"><details class="act"><form method="post" action="/blocks"><input name="reason" value=""></form></details>
<details class="act"><form method="post" action="/blocks"><input type="hidden" name="service_id" value="1"><input name="reason" value=""></form>
</details></main>"""


def test_what_was_typed_about_a_part_never_stands_in_the_form_about_the_whole() -> None:
    page = refill(_BLOCKS, address="/blocks", action="/blocks", fields=[("service_id", "1"), ("reason", "x")])
    assert page is not None
    whole, part = page.split("</details>")[:2]
    assert "open" not in whole
    assert 'value="x"' not in whole
    assert '<details class="act" open>' in part
    assert 'name="reason" value="x"' in part


def test_a_form_that_is_gone_leaves_the_others_on_its_address_alone() -> None:
    whole = _BLOCKS.partition("</details>")[0] + "</details></main>"
    fields = [("service_id", "1"), ("reason", "x")]
    assert refill(whole, address="/blocks", action="/blocks", fields=fields) is None
    assert refill(whole, address="/blocks", action="/blocks", fields=[("reason", "x")]) is not None
