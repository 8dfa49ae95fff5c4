"""An address is taken only if every relay and every parser reads it as the same mailbox."""

from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values.emails import EmailMalformed, email_key

ONE_MAILBOX = (
    "chloe.petit@client.example",
    "o'neil+shop@sub.client.example",
    "a@xn--bcher-kva.example",
    "u@xn--e1afmkfd.xn--p1ai",
    "x" * 64 + "@client.example",
)
ANOTHER_MAILBOX_FOR_SOMEBODY = (
    "a<b@client.example",
    "(1)victim@client.example",
    "a:b@client.example",
    "a,b@client.example",
    "a;b@client.example",
    '"a b"@client.example',
    "a@b@client.example",
)
NO_MAILBOX = (
    ".lead@client.example",
    "trail.@client.example",
    "dots..two@client.example",
    "a@x.-y.example",
    "a@client..example",
    f"a@{'l' * 64}.example",
    "x" * 65 + "@client.example",
    "ünï@client.example",
    "\u212aim@client.example",
    "o\u2019neil@client.example",
    "a@bücher.example",
    "a@client",
    "a@client.example.",
    "a b@client.example",
    "",
)


@pytest.mark.parametrize("address", ONE_MAILBOX)
def test_an_address_of_one_mailbox_is_taken_as_it_is(address: str) -> None:
    assert email_key(f" {address.title()} ") == address.lower()


@pytest.mark.parametrize("address", [*ANOTHER_MAILBOX_FOR_SOMEBODY, *NO_MAILBOX])
def test_an_address_that_others_read_otherwise_is_refused(address: str) -> None:
    with pytest.raises(EmailMalformed):
        email_key(address)


@given(
    st.text(alphabet="ab.@<>(),:;\"\\ [](\t\u017f-+'", max_size=30).map(lambda text: f"{text}@client.example")
)
def test_what_is_taken_is_read_alike_by_a_parser_of_headers(text: str) -> None:
    try:
        key = email_key(text)
    except EmailMalformed:
        return
    assert parseaddr(key)[1] == key
