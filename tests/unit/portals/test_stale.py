"""A form that was opened before a colleague's change."""

from __future__ import annotations

import pytest

from portals.kit.gateway import GatewayProblem
from portals.kit.stale import Stale, revision_of, stale_of


def test_a_late_save_tells_who_was_faster_and_where_to_read() -> None:
    errors = [{"field": "revision", "code": "changed_meanwhile", "detail": "Nadia Ferrand, 22/11 15:36"}]
    problem = GatewayProblem(409, {"code": "changed_meanwhile", "errors": errors})
    assert stale_of(problem, "/macros?edit=mac_1") == Stale(
        "Nadia Ferrand, 22/11 15:36", "/macros?edit=mac_1"
    )
    assert stale_of(GatewayProblem(409, {"code": "changed_meanwhile"}), "/x") == Stale("", "/x")


def test_another_refusal_is_not_a_late_save() -> None:
    assert stale_of(GatewayProblem(422, {"code": "invalid_request"}), "/x") is None


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
    assert revision_of({"revision": text}) == expected
    assert revision_of({}) == {}
