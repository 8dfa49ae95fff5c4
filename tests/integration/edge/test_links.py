"""Host links against the simulated acquirer: failover, deadlines, late replies, honest words about what was sent."""

import asyncio
import time

import msgspec
import pytest

from core.contracts.payment import (
    BY_CUSTOMER,
    BY_MERCHANT,
    DELIVERY_REFUSED,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    Authorise,
    AuthoriseReply,
    HostRequest,
)
from core.contracts.reasons import Reason
from core.contracts.subjects import core_inbox
from core.contracts.terminal_answers import finish_booking
from deploy.sandbox.simulators.script import Overrides
from tests.integration.edge.conftest import House, until
from tests.integration.edge.stand_in import host_request


async def attempt(house: House, *, card: str = "approve-cb") -> Authorise:
    """Return an authorisation as core gets it."""
    terminal = await house.terminal()
    await terminal.ask(terminal.purchase(card=card))
    return house.core.authorised[-1]


def shifted(request: HostRequest, by: int) -> HostRequest:
    """Return the same request under another STAN and id."""
    return msgspec.structs.replace(
        request, stan=request.stan + by, id=by.to_bytes(16, "big"), rrn=f"{by:012d}"
    )


async def test_a_batch_is_answered_item_by_item(house: House) -> None:
    base = host_request(await attempt(house))
    house.core.ask_host([shifted(base, n) for n in range(200)])
    await until(lambda: len(house.core.host_replies) == 200)
    assert {one.result for one in house.core.host_replies} == {HOST_REPLIED}
    assert {one.reason for one in house.core.host_replies} == {Reason.APPROVED}
    assert {int.from_bytes(one.id, "big") for one in house.core.host_replies} == set(range(200))
    assert all(one.approved_minor == 1250 and one.approval_code for one in house.core.host_replies)


async def test_the_secondary_takes_over_and_the_primary_returns(house: House) -> None:
    base = host_request(await attempt(house))
    primary, secondary = house.edge.links[0].sockets
    await house.primary.stop()
    await house.secondary.stop()
    await house.secondary.start()
    await until(lambda: secondary.up and not primary.up)
    house.core.ask_host([shifted(base, 1)])
    await until(lambda: house.core.host_replies)
    assert house.core.host_replies[0].result == HOST_REPLIED
    await house.primary.start()
    await until(lambda: primary.up)
    house.core.ask_host([shifted(base, 2)])
    await until(lambda: len(house.core.host_replies) == 2)
    assert house.core.host_replies[1].result == HOST_REPLIED


async def test_with_no_link_up_nobody_listens_and_core_knows_at_once(house: House) -> None:
    base = host_request(await attempt(house))
    await house.primary.stop()
    await house.secondary.stop()
    links = house.edge.links[0]
    await until(lambda: not links.up)
    links._on_requests("", core_inbox("stand-in"), msgspec.msgpack.encode([base]))
    await until(lambda: house.core.host_replies)
    reply = house.core.host_replies[0]
    assert (reply.result, reply.reason) == (HOST_NOT_SENT, Reason.HOST_UNREACHABLE)
    lost: list[str] = []
    house.core.bus.subscribe(core_inbox("other"), lambda *_: None, on_no_responders=lost.append)
    house.core.bus.publish("host.acq1", msgspec.msgpack.encode([base]), core_inbox("other"))
    await until(lambda: lost)


async def test_a_request_that_the_bus_brings_twice_is_never_said_to_be_unsent(house: House) -> None:
    base = host_request(await attempt(house))
    house.primary.acquirer.apply(Overrides(delay_ms=200))
    for _ in range(5):
        house.core.ask_host([base])
    house.core.ask_host([msgspec.structs.replace(base, id=bytes(16))])
    await until(lambda: len(house.core.host_replies) == 2)
    await asyncio.sleep(0.3)
    # Another attempt under the same key has not been sent; the first one has, and its answer is the only one.
    assert [(one.id, one.result) for one in house.core.host_replies] == [
        (bytes(16), HOST_NOT_SENT),
        (base.id, HOST_REPLIED),
    ]


async def test_no_reply_by_the_deadline_is_unknown_and_a_late_reply_is_an_event(house: House) -> None:
    base = host_request(await attempt(house), deadline_s=0.3)
    house.primary.acquirer.apply(Overrides(delay_ms=800))
    house.core.ask_host([base])
    await until(lambda: len(house.core.host_replies) == 2)
    first, second = house.core.host_replies
    assert (first.result, first.reason, first.late) == (HOST_NO_REPLY, Reason.HOST_NO_REPLY, False)
    assert (second.result, second.reason, second.late) == (HOST_REPLIED, Reason.APPROVED, True)


async def test_a_link_that_breaks_makes_what_is_in_flight_unknown_at_once(house: House) -> None:
    base = host_request(await attempt(house, card="close-link"))
    began = time.monotonic()
    house.core.ask_host([base])
    await until(lambda: house.core.host_replies)
    assert house.core.host_replies[0].result == HOST_NO_REPLY
    assert time.monotonic() - began < 5


async def test_a_request_past_its_deadline_is_not_sent(house: House) -> None:
    base = host_request(await attempt(house), deadline_s=-1.0)
    received = house.primary.acquirer.counts["received"]
    house.core.ask_host([base])
    await until(lambda: house.core.host_replies)
    assert house.core.host_replies[0].result == HOST_NOT_SENT
    assert house.primary.acquirer.counts["received"] == received


async def test_a_card_that_was_altered_on_the_bus_is_not_sent(house: House) -> None:
    base = host_request(await attempt(house))
    altered = bytearray(base.card_ciphertext)
    altered[20] ^= 1
    house.core.ask_host([msgspec.structs.replace(base, card_ciphertext=bytes(altered))])
    await until(lambda: house.core.host_replies)
    assert (house.core.host_replies[0].result, house.core.host_replies[0].reason) == (
        HOST_NOT_SENT,
        Reason.MESSAGE_REFUSED,
    )


async def test_what_no_message_can_be_made_of_is_refused_for_good(house: House) -> None:
    base = host_request(await attempt(house))
    for broken in ({"approval_code": "TOO LONG"}, {"currency": "???"}, {"entry_mode": "5"}):
        house.core.host_replies.clear()
        house.core.ask_host([msgspec.structs.replace(base, **broken)])
        await until(lambda: house.core.host_replies)
        reply = house.core.host_replies[0]
        assert (reply.result, reply.reason, reply.delivery) == (
            HOST_NOT_SENT,
            Reason.MESSAGE_REFUSED,
            DELIVERY_REFUSED,
        )


@pytest.mark.parametrize("code", ["376", "OF1", "AB12  "])
async def test_an_approval_code_shorter_than_its_field_reaches_the_host_and_the_terminal(
    house: House, code: str
) -> None:
    base = host_request(await attempt(house))
    house.core.ask_host([msgspec.structs.replace(shifted(base, 1), message="0220", approval_code=code)])
    await until(lambda: house.core.host_replies)
    assert house.core.host_replies[0].result == HOST_REPLIED
    answer = finish_booking({}, AuthoriseReply(bytes(16), Reason.APPROVED, code, 0, ""))
    assert answer[38] == f"{code:6}"


@pytest.mark.parametrize("message", ["0420", "0421"])
async def test_a_reversal_reaches_the_host_with_its_original(house: House, message: str) -> None:
    seen = await attempt(house)
    paid = host_request(seen)
    house.core.ask_host([paid])
    await until(lambda: house.core.host_replies)
    reversal = msgspec.structs.replace(
        paid,
        message=message,
        original_message="0200",
        original_stan=paid.stan,
        original_transmitted_at=paid.transmitted_at,
        reason=Reason.HOST_NO_REPLY,
        repeat=message == "0421",
    )
    house.core.ask_host([reversal])
    await until(lambda: len(house.core.host_replies) == 2)
    reply = house.core.host_replies[1]
    assert (reply.message, reply.result, reply.host_code) == (message, HOST_REPLIED, "00")
    entry = house.primary.acquirer.book.get(paid.rrn)
    assert entry is not None
    assert entry.reversal_accepted


async def test_a_silent_host_is_noticed_by_its_echo(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from edge.protocol import hostlink

    monkeypatch.setattr(hostlink, "HOST_ECHO_AFTER_S", 0.2)
    before = house.primary.acquirer.counts["echo"]
    await asyncio.sleep(0.6)
    assert house.primary.acquirer.counts["echo"] > before
    assert all(link.up for link in house.edge.links[0].sockets)


def by_stored_card(base: HostRequest, initiator: str, **changes: str) -> HostRequest:
    """Return a request for a card that is kept, whose track nobody has."""
    return msgspec.structs.replace(base, sensitive=b"", initiator=initiator, **changes)


async def network_id_of_first(house: House, base: HostRequest) -> str:
    """Have the holder pay once; return what core is told that the network called it."""
    house.core.ask_host([by_stored_card(shifted(base, 1), BY_CUSTOMER, authentication="ECI=05")])
    await until(lambda: house.core.host_replies)
    reply = house.core.host_replies[0]
    assert reply.reason == Reason.APPROVED
    _, answer = msgspec.msgpack.decode(reply.messages)
    return answer[63]


async def test_the_first_payment_of_a_stored_card_brings_its_network_s_name_for_it(house: House) -> None:
    network_id = await network_id_of_first(house, host_request(await attempt(house)))
    # Fifteen digits could pass for a card number: core has them as letters.
    assert network_id.isalpha()
    assert len(network_id) == 15


async def test_a_payment_without_its_holder_names_the_first_one(house: House) -> None:
    base = host_request(await attempt(house))
    network_id = await network_id_of_first(house, base)
    house.core.ask_host([by_stored_card(shifted(base, 2), BY_MERCHANT, network_id=network_id)])
    await until(lambda: len(house.core.host_replies) == 2)
    assert house.core.host_replies[1].reason == Reason.APPROVED
    sent, _ = msgspec.msgpack.decode(house.core.host_replies[1].messages)
    assert (sent[25], sent[61]) == ("59", "M104")


async def test_a_host_wants_the_holder_for_a_payment_that_names_no_first_one(house: House) -> None:
    base = host_request(await attempt(house))
    house.core.ask_host([by_stored_card(shifted(base, 3), BY_MERCHANT)])
    await until(lambda: house.core.host_replies)
    assert house.core.host_replies[0].reason == Reason.STRONG_AUTHENTICATION_REQUIRED
