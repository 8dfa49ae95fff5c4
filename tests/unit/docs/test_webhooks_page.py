"""The page for those who program merchants' systems says of webhooks what the code does."""

from __future__ import annotations

import json
import re
import typing
from datetime import timedelta
from pathlib import Path
from typing import Final

from core.contracts.webhooks import WebhookDeliveryState, WebhookKind, WebhookOutcome, WebhookState
from core.webhooks.delivering import AT_ONCE_MAX
from core.webhooks.model import ANSWER_CHARACTERS_MAX
from core.webhooks.rules import DISABLED_AFTER, ENDPOINTS_MAX, GAPS, SECRETS_IN_USE_MAX, TRIES_MAX
from core.webhooks.sending import TIMEOUT_S
from core.webhooks.slice import SLICE
from core.webhooks.telling import FACTS_BYTES_MAX

ROOT: Final = Path(__file__).resolve().parents[3]
PAGE: Final = (ROOT / "docs" / "webhooks.md").read_text()
_WORDS: Final = " ".join(PAGE.split())


def test_it_tells_of_each_event_under_its_name_with_a_body_of_it() -> None:
    kinds = set(typing.get_args(WebhookKind))
    told = re.findall(r"^### (\S+)\n(.+?)(?=\n##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert {name for name, _ in told} == kinds
    for name, text in told:
        (body,) = re.findall(r"```json\n(.+?)```", text, re.DOTALL)
        assert json.loads(body)["type"] == name


def test_it_names_each_state_and_each_outcome() -> None:
    outcomes = re.findall(r"^\| `(\w+)` \|", PAGE.split("## The log")[1], re.MULTILINE)
    assert set(outcomes) == set(typing.get_args(WebhookOutcome))
    for state in (*typing.get_args(WebhookState), *typing.get_args(WebhookDeliveryState)):
        assert f"`{state}`" in PAGE, state


def test_it_says_when_a_message_is_tried_again_and_how_much_there_may_be() -> None:
    gaps = [_in_words(gap) for gap in GAPS]
    (kept,) = SLICE.retention
    for said in (
        f"tried again {', '.join(gaps[:-1])} and {gaps[-1]} later",
        f"{TRIES_MAX} attempts within {round(sum(GAPS, timedelta()) / timedelta(hours=1))} hours",
        f"has taken nothing for {DISABLED_AFTER.days} days is disabled",
        f"none within {TIMEOUT_S:.0f} seconds",
        f"the first {ANSWER_CHARACTERS_MAX} characters",
        f"At most {AT_ONCE_MAX} messages",
        f"at most {ENDPOINTS_MAX} endpoints",
        f"at most {SECRETS_IN_USE_MAX} secrets",
        f"at most {FACTS_BYTES_MAX // 1024} KiB",
        f"kept for {kept.days} days",
    ):
        assert said in _WORDS, said


def _in_words(gap: timedelta) -> str:
    for unit, name in (
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=1), "minute"),
        (timedelta(seconds=1), "second"),
    ):
        count, rest = divmod(gap, unit)
        if count and not rest:
            return f"{count} {name}{'s' * (count > 1)}"
    raise AssertionError(gap)


def test_the_pages_before_it_lead_there() -> None:
    assert "](docs/webhooks.md)" in (ROOT / "README.md").read_text()
    assert "](webhooks.md)" in (ROOT / "docs" / "orders.md").read_text()
