"""A form that is saved after a colleague's change: whose value stands in each field, and what is said of it."""

from __future__ import annotations

from portals.kit.originals import Difference, changed, merged, with_originals

_FORM = """<form method="get"><input name="q"></form><form method="post" action="/things/1/edit">
<input type="hidden" name="csrf" value="x"><input type="hidden" name="revision" value="{revision}">
<label for="f-name">Nom *</label><input id="f-name" name="name" value="{name}">
<label for="f-city">Ville</label><input id="f-city" name="city" value="{city}">
<label for="f-kind">Genre</label><select id="f-kind" name="kind"><option value="a">Un</option><option value="b"{b}>Deux</option></select>
<label><input type="checkbox" name="day" value="mon"{mon}> Lundi</label>
<textarea name="note">
{note}</textarea><input name="r0.rate" value="{rate}"><input name="r0.fixed" value="{fixed}"></form>"""


def _page(**fields: str) -> str:
    start = {
        "revision": "7",
        "name": "Café",
        "city": "Lyon",
        "b": "",
        "mon": " checked",
        "note": "a",
        "rate": "1",
        "fixed": "2",
    }
    return _FORM.format(**(start | fields))


def _was(page: str) -> str:
    given = with_originals(page, (), late=False)
    quoted = given.rpartition('name="was" value="')[2].partition('"')[0]
    return quoted.replace("&quot;", '"')


def _sent(page: str, **typed: str) -> list[tuple[str, str]]:
    told = {
        "revision": "7",
        "name": "Café",
        "city": "Lyon",
        "kind": "a",
        "day": "mon",
        "note": "a",
        "r0.rate": "1",
        "r0.fixed": "2",
    }
    return [*(told | typed).items(), ("was", _was(page))]


def test_a_field_that_only_the_colleague_changed_keeps_the_change() -> None:
    merge = merged(
        with_originals(_page(revision="8", city="Nice"), (), late=True), 1, _sent(_page(), name="Bar")
    )
    assert merge is not None
    assert dict(merge.fields) | {} == {
        "name": "Bar",
        "city": "Nice",
        "kind": "a",
        "day": "mon",
        "note": "a",
        "r0.rate": "1",
        "r0.fixed": "2",
        "revision": "7",
    }
    assert merge.taken == [Difference("Ville", "Lyon", "Lyon", "Nice")]
    assert merge.conflicts == []


def test_what_both_changed_stands_side_by_side_in_the_words_of_the_form() -> None:
    newest = with_originals(_page(revision="8", name="Bistro", b=" selected", mon=""), (), late=True)
    merge = merged(newest, 1, _sent(_page(), name="Bar", kind="a"))
    assert merge is not None
    assert merge.conflicts == [Difference("Nom", "Café", "Bar", "Bistro")]
    assert merge.taken == [
        Difference("Genre", "Un", "Un", "Deux"),
        Difference("Lundi", "Lundi", "Lundi", "–"),
    ]
    assert ("kind", "b") in merge.fields
    assert "day" not in dict(merge.fields), "the colleague took the tick away"


def test_the_columns_of_a_row_are_not_mixed() -> None:
    newest = with_originals(_page(revision="8", rate="9"), (), late=True)
    merge = merged(newest, 1, _sent(_page(), **{"r0.fixed": "5"}))
    assert merge is not None
    assert {name: value for name, value in merge.fields if name.startswith("r0")} == {
        "r0.rate": "1",
        "r0.fixed": "5",
    }
    assert [one.theirs for one in merge.conflicts] == ["9"]


def test_a_form_shown_again_of_the_same_revision_remembers_what_stood_there_first() -> None:
    sent = [*_sent(_page(), name="Bar")]
    again = with_originals(_page(name="Bar"), sent, late=False)
    assert "[&quot;Café&quot;]" in again
    assert merged(again, 1, sent) is None, "nobody changed anything"


def test_a_form_without_a_token_is_left_alone() -> None:
    page = '<form method="post"><input name="q" value="1"></form>'
    assert with_originals(page, (), late=False) == page


def test_only_changed_fields_are_told() -> None:
    form = {"was": '{"title":["A"],"due_on":[]}', "title": "A ", "due_on": "2026-12-01"}
    assert changed(form, ("title", "due_on")) == {"due_on": "2026-12-01"}
