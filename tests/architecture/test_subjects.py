"""The bus's allow-lists let through every subject of the contracts, for those who use it."""

from __future__ import annotations

import pytest

from core.contracts import subjects
from deploy.local.subjects import ALLOWANCES

BY_USER = {allowance.user: allowance for allowance in ALLOWANCES}
ENGINE_REQUESTS = (subjects.AUTHORISE, subjects.REVERSE, subjects.BOOK, subjects.TOTALS)
DESK_REQUESTS = (subjects.SIGN_ON, subjects.PRESENCE)

PUBLISHED = {
    "edge": (*ENGINE_REQUESTS, *DESK_REQUESTS, subjects.core_inbox("one")),
    "core": (
        subjects.host("primary"),
        subjects.edge_inbox("one"),
        subjects.edge_control("one"),
        subjects.LIVE,
    ),
    "gateway": (f"{subjects.DESK}.search",),
}
SUBSCRIBED = {
    "edge": (subjects.host("primary"), subjects.edge_inbox("one"), subjects.edge_control("one")),
    "core": (*ENGINE_REQUESTS, *DESK_REQUESTS, subjects.core_inbox("one"), f"{subjects.DESK}.search"),
    "gateway": (subjects.LIVE,),
}


@pytest.mark.parametrize("user", sorted(BY_USER))
def test_what_the_contracts_need_is_allowed(user: str) -> None:
    for subject in PUBLISHED[user]:
        assert _covered(BY_USER[user].publish, subject), subject
    for subject in SUBSCRIBED[user]:
        assert _covered(BY_USER[user].subscribe, subject), subject


@pytest.mark.parametrize("user", ["edge", "gateway"])
def test_only_core_speaks_for_core(user: str) -> None:
    for subject in (subjects.LIVE, subjects.edge_inbox("one"), subjects.host("primary")):
        assert not _covered(BY_USER[user].publish, subject), subject


def _covered(patterns: tuple[str, ...], subject: str) -> bool:
    return any(subject.startswith(pattern.removesuffix(">")) for pattern in patterns)
