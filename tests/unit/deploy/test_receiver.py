"""The sandbox's receiver takes what core signs, once, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.webhooks.signing import headers_of
from deploy.sandbox.receiver import Receiver
from observability.small_http import Request, Response

SECRET, OTHER = b"s" * 32, b"o" * 32
NOW = 1_764_580_000
BODY = json.dumps({"type": "instalment.paid", "data": {"shop": "<b>Café</b>"}}).encode()


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    return Receiver(tmp_path / "received", lambda: SECRET, now=lambda: float(NOW))


def send(
    receiver: Receiver, *secrets: bytes, at: int = NOW, body: bytes = BODY, path: str = "/hooks"
) -> Response:
    headers = headers_of(secrets, message_id="whk_1", timestamp=at, body=BODY)
    return receiver.answer(Request("POST", path, {}, body, headers))


def page(receiver: Receiver, path: str) -> Response:
    return receiver.answer(Request("GET", path, {}, b""))


def test_a_signed_message_is_shown_and_its_repeat_is_counted(receiver: Receiver) -> None:
    assert send(receiver, SECRET).body == {"known_already": False}
    assert send(receiver, OTHER, SECRET).body == {"known_already": True}  # while a secret follows another
    (kept,) = list(page(receiver, "/received.json").body)  # pyright: ignore[reportArgumentType]
    assert (kept["id"], kept["times"], kept["message"]["type"]) == ("whk_1", 2, "instalment.paid")
    listed = page(receiver, "/").body
    assert isinstance(listed, bytes)
    assert b"&lt;b&gt;Caf" in listed
    assert b"<b>Caf" not in listed


@pytest.mark.parametrize(
    ("secrets", "at", "body"),
    [
        ((OTHER,), NOW, BODY),
        ((), NOW, BODY),
        ((SECRET,), NOW - 301, BODY),
        ((SECRET,), NOW + 301, BODY),
        ((SECRET,), NOW, BODY.replace(b"paid", b"void")),
    ],
    ids=["another's secret", "no signature", "too old", "too new", "altered"],
)
def test_what_the_holder_of_the_secret_has_not_signed_is_refused(
    receiver: Receiver, secrets: tuple[bytes, ...], at: int, body: bytes
) -> None:
    assert send(receiver, *secrets, at=at, body=body).status == 401
    assert page(receiver, "/received.json").body == []


def test_one_address_refuses_everything_to_show_retries(receiver: Receiver) -> None:
    assert send(receiver, SECRET, path="/hooks/fails").status == 503
    assert page(receiver, "/elsewhere").status == 404
