"""What a host asks of us is answered; a host that refuses us is left alone for longer each time."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest

from core.contracts.host_messages import HostMessageKind, HostSays
from deploy.sandbox.simulators.cards import CARDS
from edge.protocol import hostlink
from edge.shell import host_socket
from tests.integration.edge.conftest import until
from tests.integration.edge.foreign_host import Fields, answer_to
from tests.integration.edge.test_foreign_host import Abroad, abroad

__all__ = ["abroad"]

PAN = CARDS["approve-cb"].pan
REVERSAL: Fields = {
    "t": "0420", "2": PAN, "3": "000000", "4": "000000001250", "7": "1128101500", "11": "004711", "37": "R00000000001",
    "41": "T0000001", "49": "978", "90": "0200" + "000001" + "1128100000" + "0" * 22,
}  # fmt: skip


def management(code: str | None, **fields: str) -> Fields:
    """Return network management of a host."""
    asked = {
        "t": "0800",
        "7": "1128101500",
        "11": "000815",
        **{key.lstrip("_"): value for key, value in fields.items()},
    }
    return asked if code is None else {**asked, "70": code}


async def answered(abroad: Abroad, asked: Fields) -> Fields:
    """Return what we answer a host."""
    abroad.host.heard.clear()
    abroad.host.ask(asked)
    mti = f"{asked['t'][:2]}{int(asked['t'][2]) + 1}0"
    await until(lambda: abroad.host.messages(mti))
    return abroad.host.messages(mti)[0]


@pytest.mark.parametrize(
    ("code", "said"), [("301", "00"), ("270", "00"), ("001", "00"), ("101", "40"), (None, "30")]
)
async def test_network_management_of_the_host_is_answered(
    abroad: Abroad, code: str | None, said: str
) -> None:
    answer = await answered(abroad, management(code))
    assert (answer["39"], answer.get("70"), answer["11"], answer["7"]) == (said, code, "000815", "1128101500")
    assert abroad.edge.links[0].up


async def test_a_cut_over_is_kept_with_its_date_before_it_is_answered(abroad: Abroad) -> None:
    answer = await answered(abroad, management("201", _15="1129"))
    assert answer["39"] == "00"
    (says,) = [one for one in abroad.core.asked if isinstance(one, HostSays)]
    assert (says.kind, says.host_date, says.acquirer) == (HostMessageKind.CUT_OVER, "1129", "acq1")


@pytest.mark.parametrize(
    ("mti", "answered_as", "said"),
    [
        ("0820", "0830", "00"),
        ("0802", "0812", "00"),
        ("0620", "0630", "40"),
        ("0302", "0312", "40"),
        ("0303", "0312", "40"),
        ("0100", "0110", "40"),
        ("0600", "0610", "40"),
    ],
)
async def test_whatever_a_host_asks_is_answered_in_its_own_type(
    abroad: Abroad, mti: str, answered_as: str, said: str
) -> None:
    asked = management("301", t=mti)
    abroad.host.heard.clear()
    abroad.host.ask(asked)
    await until(lambda: abroad.host.messages(answered_as))
    [answer] = abroad.host.messages(answered_as)
    assert (answer["39"], answer["11"], answer["7"]) == (said, asked["11"], asked["7"])


@pytest.mark.parametrize(("mti", "answered_as"), [("0422", "0432"), ("0423", "0432"), ("0402", "0412")])
async def test_a_reversal_in_the_hosts_own_name_is_kept_and_answered(
    abroad: Abroad, mti: str, answered_as: str
) -> None:
    abroad.host.ask({**REVERSAL, "t": mti})
    await until(lambda: abroad.host.messages(answered_as))
    assert abroad.host.messages(answered_as)[0]["39"] == "00"
    (says,) = [one for one in abroad.core.asked if isinstance(one, HostSays)]
    assert (says.kind, says.reference) == (HostMessageKind.REVERSAL, "R00000000001")


@pytest.mark.parametrize("mti", ["0400", "0420", "0421"])
async def test_a_reversal_of_the_host_is_kept_without_its_card_before_it_is_answered(
    abroad: Abroad, mti: str
) -> None:
    answer = await answered(abroad, {**REVERSAL, "t": mti})
    assert (answer["39"], answer["11"], answer["37"], answer["90"]) == (
        "00",
        "004711",
        "R00000000001",
        REVERSAL["90"],
    )
    assert "2" not in answer
    (says,) = [one for one in abroad.core.asked if isinstance(one, HostSays)]
    assert (says.kind, says.reference, says.amount_minor) == (HostMessageKind.REVERSAL, "R00000000001", 1250)
    assert PAN.encode() not in msgspec.msgpack.encode(says)


async def test_the_repeat_of_a_reversal_has_the_key_of_the_first_and_another_reversal_has_not(
    abroad: Abroad,
) -> None:
    for asked in (REVERSAL, {**REVERSAL, "t": "0421"}, {**REVERSAL, "4": "000000001251"}):
        await answered(abroad, asked)
    first, again, other = (one.key for one in abroad.core.asked if isinstance(one, HostSays))
    assert first == again != other


async def test_what_core_has_not_kept_is_not_answered(
    abroad: Abroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.shell.links.REQUEST_TIMEOUT_S", 0.2)
    abroad.core.acknowledge = False
    abroad.host.heard.clear()
    abroad.host.ask(REVERSAL)
    await asyncio.sleep(0.6)
    assert abroad.host.messages("0430") == []
    abroad.core.acknowledge = True
    assert (await answered(abroad, {**REVERSAL, "t": "0421"}))["39"] == "00"


async def test_totals_of_the_host_are_kept_and_ours_said_to_be_unavailable(abroad: Abroad) -> None:
    answer = await answered(
        abroad, {"t": "0520", "7": "1128230000", "11": "000900", "88": "0000000000012500"}
    )
    assert (answer["39"], answer["66"]) == ("00", "0")


async def test_a_payment_that_a_host_asks_of_us_is_refused(abroad: Abroad) -> None:
    assert (await answered(abroad, {**REVERSAL, "t": "0200"}))["39"] == "40"


async def test_a_host_that_signs_off_gets_no_requests_until_it_is_back(abroad: Abroad) -> None:
    assert (await answered(abroad, management("002")))["39"] == "00"
    await until(lambda: not abroad.edge.links[0].up)
    assert len(abroad.host.writers) == 1
    assert (await answered(abroad, management("001")))["39"] == "00"
    await until(lambda: abroad.edge.links[0].up)


async def test_a_refused_sign_on_is_tried_ever_more_rarely(abroad: Abroad) -> None:
    abroad.host.manage = lambda asked: [answer_to(asked, _39="05")]
    for writer in list(abroad.host.writers):
        writer.close()
    abroad.host.heard.clear()
    await asyncio.sleep(4.5)
    tried = [at for at, fields in abroad.host.heard if fields.get("70") == "001"]
    # After 0.1, 0.2, 0.5, 1 and 2 seconds: five tries, where a back-off that each connection resets made dozens.
    assert 3 <= len(tried) <= 6
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert gaps == sorted(gaps)
    assert not abroad.edge.links[0].up
    abroad.host.manage = lambda asked: [answer_to(asked)]
    await until(lambda: abroad.edge.links[0].up)


async def test_a_link_that_is_lost_at_once_does_not_begin_its_back_off_anew(abroad: Abroad) -> None:
    def accept_and_leave(asked: Fields) -> list[Fields]:
        for writer in abroad.host.writers:
            asyncio.get_running_loop().call_later(0.02, writer.close)
        return [answer_to(asked)]

    abroad.host.manage = accept_and_leave
    for writer in list(abroad.host.writers):
        writer.close()
    abroad.host.connected_at.clear()
    await asyncio.sleep(4.0)
    assert 3 <= len(abroad.host.connected_at) <= 6


async def test_an_echo_without_an_answer_ends_the_link_whatever_else_the_host_says(
    abroad: Abroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostlink, "HOST_ECHO_AFTER_S", 0.2)
    monkeypatch.setattr(hostlink, "HOST_ECHO_DEADLINE_S", 0.5)
    abroad.host.manage = lambda asked: [answer_to(asked)] if asked.get("70") == "001" else []
    connections = len(abroad.host.connected_at)
    for _ in range(20):
        abroad.host.ask(management("301"))
        await asyncio.sleep(0.1)
    assert len(abroad.host.connected_at) > connections


async def test_a_refused_echo_means_a_new_session(abroad: Abroad, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostlink, "HOST_ECHO_AFTER_S", 0.2)
    sockets = abroad.edge.links[0].sockets
    assert isinstance(sockets[0], host_socket.HostSocket)
    abroad.host.manage = lambda asked: [answer_to(asked, _39="00" if asked.get("70") == "001" else "91")]
    connections = len(abroad.host.connected_at)
    await until(lambda: len(abroad.host.connected_at) > connections)
    await until(lambda: abroad.edge.links[0].up)
