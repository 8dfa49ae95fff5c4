"""What a host is told of a card that is kept, and how its network's identifiers are kept."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.payment import BY_CUSTOMER, BY_MERCHANT, HostRequest
from core.values.card_numbers import find_card_numbers
from edge.translate.stored_cards import NETWORK_ID, network_id_kept, stored_card_fields

REQUEST = HostRequest(
    id=bytes(16),
    message="0200",
    processing_code="000000",
    amount_minor=4265,
    currency="EUR",
    card_ciphertext=b"",
    card_expiry="2912",
    sensitive=b"",
    stan=1,
    transmitted_at="1129100000",
    local_time="1129110000",
    entry_mode="100",
    merchant_category="5411",
    rrn="R" * 12,
    terminal="V0000001",
    acceptor="GCT000000000001",
    partial_ok=False,
    received_at_us=0,
    deadline_at_us=0,
)


def test_a_payment_by_its_holder_says_so_and_how_the_bank_knew_them() -> None:
    asked = msgspec.structs.replace(REQUEST, initiator=BY_CUSTOMER, authentication="ECI=05")
    assert stored_card_fields(asked) == {25: "59", 47: "ECI=05", 61: "C104"}


@given(st.text("0123456789ABCXYZ", min_size=1, max_size=32))
def test_a_later_payment_names_the_first_as_the_network_does(said: str) -> None:
    asked = msgspec.structs.replace(REQUEST, initiator=BY_MERCHANT, network_id=network_id_kept(said))
    assert stored_card_fields(asked) == {25: "59", 61: "M104", NETWORK_ID: said}


def test_an_identifier_is_kept_as_letters_where_a_search_finds_a_card_number() -> None:
    said = "4111111111111111"
    assert find_card_numbers(said)
    assert not find_card_numbers(network_id_kept(said))


@pytest.mark.parametrize("said", ["", "   ", "with blank", "lower", "1" * 33, "é"])
def test_what_has_not_the_shape_of_an_identifier_is_kept_as_none(said: str) -> None:
    assert network_id_kept(said) == ""
