"""Messages are signed by the Standard Webhooks scheme: a foreign implementation takes them, and only them."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from core.webhooks.signing import headers_of, secret_text, signature

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
BODY = '{"type":"instalment.paid","data":{"shop":"Café"}}'.encode()


def test_the_published_vector_is_met() -> None:
    # The example of the specification and of every library that implements it.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signature(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_text(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@settings(max_examples=50, deadline=None)
@given(secret=st.binary(min_size=24, max_size=64), text=st.text(max_size=200))
def test_a_foreign_library_takes_what_is_signed(secret: bytes, text: str) -> None:
    body = text.encode(errors="replace")
    headers = headers_of([secret], message_id="whk_1", timestamp=int(time.time()), body=body)
    Webhook(secret_text(secret)).verify(body, headers, json_parse=False)


def test_while_a_secret_follows_another_receivers_of_both_take_it() -> None:
    headers = headers_of([NEW, OLD], message_id="whk_1", timestamp=int(time.time()), body=BODY)
    for secret in (OLD, NEW):
        Webhook(secret_text(secret)).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(FOREIGN)).verify(BODY, headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_a_message_that_was_altered_or_replayed_late_is_refused(changed: str) -> None:
    now = int(time.time())
    headers = headers_of([NEW], message_id="whk_1", timestamp=now, body=BODY)
    body = BODY
    match changed:
        case "webhook-id":
            headers["webhook-id"] = "whk_2"
        case "webhook-timestamp":
            headers["webhook-timestamp"] = str(now - 600)
        case _:
            body = BODY.replace(b"paid", b"void")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(NEW)).verify(body, headers)
