"""What a form holds after the gateway refused it, and what of it is sent."""

from __future__ import annotations

from typing import Any, cast

import pytest

from portals.kit.forms import Form, Stale, Wording
from portals.kit.gateway import GatewayProblem, GatewayUser, Json
from portals.kit.i18n import load_words

WORDS = load_words()["en"]
LATE = {"field": "revision", "code": "changed_meanwhile", "detail": "Nadia Ferrand, 22/11 15:36"}


class Answering:
    """Refuses everything in the same way, and keeps what it was asked."""

    def __init__(self, status: int = 200, code: str = "", errors: list[dict[str, str]] | None = None) -> None:
        self.problem = GatewayProblem(status, {"code": code, "detail": "Refused.", "errors": errors or []})
        self.asked: list[tuple[str, Json, str | None]] = []

    async def post(self, path: str, body: Json, *, idempotency_key: str | None = None) -> Json:
        self.asked.append((path, body, idempotency_key))
        if self.problem.status != 200:
            raise self.problem
        return {"id": "made"}

    patch = post


def form_of(gateway: Answering, **fields: Any) -> Form:
    return Form(WORDS, cast("GatewayUser", gateway), fields)


async def test_what_was_made_comes_back_under_the_key_of_the_form() -> None:
    gateway = Answering()
    assert await form_of(gateway, idempotency_key="k").post("/v1/x", {"a": 1}, step="b") == {"id": "made"}
    assert gateway.asked == [("/v1/x", {"a": 1}, "kb")]


async def test_a_change_says_which_revision_it_was_made_from() -> None:
    gateway = Answering()
    await form_of(gateway, revision="7").save("/v1/x", "x_1", {"a": 1})
    await form_of(gateway, revision="7").save("/v1/x", "", {"a": 1})
    assert [(path, body) for path, body, _ in gateway.asked] == [
        ("/v1/x/x_1", {"a": 1, "revision": 7}),
        ("/v1/x", {"a": 1}),
    ]


async def test_what_a_page_and_the_gateway_find_wrong_is_told_at_once_and_nothing_is_done() -> None:
    errors = [
        {"field": "terms.volume", "code": "missing", "detail": "Give a number."},
        {"field": "name", "code": "missing", "detail": "Give a name."},
        {"field": "judged_only", "code": "unknown_field", "detail": "Unknown."},
    ]
    gateway = Answering(422, "invalid_request", errors)
    form = form_of(gateway)
    form.say("volume", "Not a number.")
    wording = Wording(field_of=lambda name: name.removeprefix("terms."))
    assert await form.post("/v1/x", {"a": 1}, wording=wording, judged=True) is None
    assert form.errors == {"volume": "Not a number.", "name": "Give a name."}
    ((_, body, key),) = gateway.asked
    assert (body["judged_only"], key) == (True, None)
    # A body that no contract takes is never carried out, and were it answered, nothing was made.
    taken = form_of(Answering())
    taken.say("volume", "Not a number.")
    assert await taken.save("/v1/x", "x_1", {"a": 1}, judged=True) is None
    assert taken.status == 422


async def test_nothing_is_sent_while_something_is_wrong() -> None:
    gateway = Answering()
    form = form_of(gateway, reason=" a ")
    form.reason()
    assert await form.post("/v1/x", {}) is None
    assert (form.status, list(form.errors), gateway.asked) == (422, ["reason"], [])


async def test_a_refusal_stands_at_its_fields_in_the_words_of_the_form() -> None:
    errors = [
        {"field": "terms.days", "code": "length", "detail": "1 to 60"},
        {"field": "terms.name", "code": "new_one", "detail": ""},
    ]
    form = form_of(Answering(422, "invalid_request", errors))
    wording = Wording(field_of=lambda name: name.removeprefix("terms."), codes="requests.e_")
    assert await form.post("/v1/x", {}, wording=wording) is None
    assert form.errors == {"days": "Expected length: 1 to 60", "name": "Refused."}
    assert form.status == 422


async def test_what_no_field_can_mend_is_not_the_form_s() -> None:
    for status, code in ((401, ""), (404, ""), (403, "not_permitted")):
        with pytest.raises(GatewayProblem):
            await form_of(Answering(status, code)).post("/v1/x", {})
    form = form_of(Answering(404, "not_found"))
    assert await form.post("/v1/x", {}, stays=True) is None
    assert form.errors == {"": "Refused."}


async def test_a_late_save_tells_who_was_faster_and_where_to_read() -> None:
    form = form_of(Answering(409, "changed_meanwhile", [LATE]), name="mine")

    async def newest() -> dict[str, Any]:
        return {"name": "theirs"}

    assert await form.patch("/v1/x", {}, record="/macros?edit=mac_1", fresh=newest) is None
    assert form.stale == Stale("Nadia Ferrand, 22/11 15:36", "/macros?edit=mac_1")
    assert (form.status, form.errors, form.fields) == (409, {}, {"name": "theirs"})
    assert await form.post("/v1/x", {}) is None, "what follows is not sent either"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1795358212123456", {"revision": 1795358212123456}),
        ("0", {"revision": 0}),
        ("", {}),
        ("-1", {}),
        ("9" * 17, {}),
        ("٣", {}),
    ],
)
def test_only_a_number_of_a_revision_is_sent(text: str, expected: dict[str, int]) -> None:
    assert form_of(Answering(), revision=text).revision == expected
    assert form_of(Answering()).revision == {}


async def test_a_text_that_is_too_long_is_not_told_that_it_is_too_short() -> None:
    long = {"field": "reason", "code": "too_long", "detail": "500 characters at most"}
    form = form_of(Answering(422, "invalid_request", [long]))
    wording = Wording(words={"reason": "action.reason_short"})
    assert await form.post("/v1/x", {}, wording=wording) is None
    assert form.errors == {"reason": "500 characters at most"}
