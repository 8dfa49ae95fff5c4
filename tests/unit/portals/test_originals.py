"""A form that is saved after a colleague's change: whose value stands in each field, and what is said of it."""

from __future__ import annotations

from markupsafe import Markup

from portals.kit.originals import Difference, changed, merged, originals
from portals.kit.page_forms import DrawnForm, How, PageForms


def _drawn(
    sent: list[tuple[str, str]] | None = None, how: How = "late", *, revision: str | None = "7", **now: str
) -> DrawnForm:
    """Return a form as its template draws it, with these values in its fields."""
    start = {
        "name": "Café",
        "city": "Lyon",
        "kind": "a",
        "day": "mon",
        "note": "a",
        "rate": "1",
        "fixed": "2",
    }
    values = start | now
    forms = PageForms("/things/1/edit", sent or (), how if sent else None)

    def body() -> Markup:
        drawn = [forms.text("name", values["name"], "Nom"), forms.text("city", values["city"], "Ville")]
        words = (("a", "Un"), ("b", "Deux"))
        drawn += [forms.chosen("kind", one, values["kind"] == one, word, "Genre") for one, word in words]
        drawn += [forms.ticked("day", values["day"], "Lundi", "mon"), forms.text("note", values["note"])]
        drawn += [
            forms.text("r0.rate", values["rate"], "Taux"),
            forms.text("r0.fixed", values["fixed"], "Fixes"),
        ]
        return Markup("|").join(drawn)

    return forms.draw("/things/1/edit", body, tokens=True, revision=revision)


def _sent(**typed: str) -> list[tuple[str, str]]:
    told = {"revision": "7", "name": "Café", "city": "Lyon", "kind": "a", "day": "mon", "note": "a"}
    told |= {"r0.rate": "1", "r0.fixed": "2"}
    return [*(told | typed).items(), ("was", _drawn().was)]


def test_a_field_that_only_the_colleague_changed_keeps_the_change() -> None:
    drawn = _drawn(_sent(name="Bar"), revision="8", city="Nice")
    merge = drawn.merge
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
    assert drawn.body.split("|")[:2] == ["Bar", "Nice"], "and so they stand in the form"


def test_what_both_changed_stands_side_by_side_in_the_words_of_the_form() -> None:
    merge = _drawn(_sent(name="Bar", kind="a"), revision="8", name="Bistro", kind="b", day="").merge
    assert merge is not None
    assert merge.conflicts == [Difference("Nom", "Café", "Bar", "Bistro")]
    assert merge.taken == [
        Difference("Genre", "Un", "Un", "Deux"),
        Difference("Lundi", "Lundi", "Lundi", "–"),
    ]
    assert ("kind", "b") in merge.fields
    assert "day" not in dict(merge.fields), "the colleague took the tick away"


def test_the_columns_of_a_row_are_not_mixed() -> None:
    merge = _drawn(_sent(**{"r0.fixed": "5"}), revision="8", rate="9").merge
    assert merge is not None
    assert {name: value for name, value in merge.fields if name.startswith("r0")} == {
        "r0.rate": "1",
        "r0.fixed": "5",
    }
    assert [one.theirs for one in merge.conflicts] == ["9"]


def test_a_form_shown_again_of_the_same_revision_remembers_what_stood_there_first() -> None:
    sent = _sent(name="Bar")
    again = _drawn(sent, "refused", name="Bar")
    assert originals(again.was)["name"] == ["Café"]
    assert _drawn(sent, "late").merge is None, "nobody changed anything"


def test_a_form_without_a_token_remembers_nothing() -> None:
    forms = PageForms()
    drawn = forms.draw("/q", lambda: Markup(forms.text("q", "1")), tokens=False, revision=None)  # noqa: S704
    assert drawn.was == ""
    assert merged(drawn.fields, [("q", "2")]) is None


def test_only_changed_fields_are_told() -> None:
    form = {"was": '{"title":["A"],"due_on":[]}', "title": "A ", "due_on": "2026-12-01"}
    assert changed(form, ("title", "due_on")) == {"due_on": "2026-12-01"}
