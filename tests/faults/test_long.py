"""The fault matrix under the load of a hundred terminals: `make faults`."""

from __future__ import annotations

import pytest

from core.transactions.engine.failpoints import POINTS
from edge.protocol.limits import READ_DEADLINE_S
from tests.faults import collecting_rows, protocol_rows, rows
from tests.faults.conftest import survived
from tests.faults.rig import Rig

pytestmark = pytest.mark.faults_long


@pytest.mark.parametrize("time", range(3))
async def test_row_1_edge_is_killed(long_rig: Rig, time: int) -> None:
    survived(await rows.edge_killed(long_rig))


@pytest.mark.parametrize("point", sorted(POINTS))
async def test_row_2_core_is_killed_at_each_step(long_rig: Rig, point: str) -> None:
    survived(await rows.core_killed_at(long_rig, point))


async def test_row_2_core_is_killed_while_the_host_thinks(long_rig: Rig) -> None:
    survived(await rows.core_killed_in_flight(long_rig))


async def test_row_3_nats_is_killed(long_rig: Rig) -> None:
    survived(await rows.nats_killed(long_rig))


async def test_row_4_postgresql_is_killed(long_rig: Rig) -> None:
    assert survived(await rows.postgres_killed(long_rig)).facts["indexes"] > 50


async def test_row_4_postgresql_is_killed_while_nobody_pays(long_rig: Rig) -> None:
    survived(await rows.postgres_killed_while_nobody_pays(long_rig))


async def test_row_5_everything_is_killed(long_rig: Rig) -> None:
    survived(await rows.everything_killed(long_rig))


async def test_row_34_the_daily_run_is_killed_at_twenty_moments(long_rig: Rig) -> None:
    facts = survived(await collecting_rows.run_killed(long_rig, due=40_000, kills=20)).facts
    assert facts["paid"] == facts["approved"]
    assert facts["lost"] == 0
    assert facts["paid"] + facts["again"] + facts["refused"] == 40_000
    assert facts["refused"] < 40_000 // 50


async def test_row_15_the_acquirer_is_late(long_rig: Rig) -> None:
    facts = survived(await rows.late_answers(long_rig)).facts
    assert facts["timed_out"] > 0
    assert facts["late"] > 0
    assert facts["revived"] == 0


async def test_row_16_reversals_are_not_answered(long_rig: Rig) -> None:
    assert survived(await rows.reversals_ignored(long_rig)).facts["backlog"] > 0


async def test_row_27_hosts_say_anything(long_rig: Rig) -> None:
    facts = survived(await rows.hosts_say_anything(long_rig)).facts
    assert facts["unclear"] > 0
    assert facts["differing"] > 0
    assert facts["approved_otherwise"] > 0
    assert facts["settled"] == 0
    assert facts["kept"] > 0


async def test_row_17_every_message_comes_five_times(long_rig: Rig) -> None:
    survived(await rows.messages_repeated(long_rig))


async def test_row_18_reversals_come_first(long_rig: Rig) -> None:
    assert set(survived(await protocol_rows.reversals_first(long_rig)).facts["codes"]) == {("00", "12")}


async def test_row_19_poison(long_rig: Rig) -> None:
    counted = survived(await protocol_rows.poison(long_rig)).facts["dead_letters"]
    assert counted["after"] >= counted["before"] + 3


async def test_row_20_fuzz(long_rig: Rig) -> None:
    facts = survived(await protocol_rows.fuzz(long_rig, frames=20_000)).facts
    assert not facts["crashed"]
    assert facts["written"] == 0
    assert facts["grown_mib"] < protocol_rows.MEMORY_GROWTH_MIB_MAX


async def test_row_21_impossible_lengths(long_rig: Rig) -> None:
    survived(await protocol_rows.bad_lengths(long_rig))


async def test_row_22_slow_sockets(long_rig: Rig) -> None:
    for closed_after_s in survived(await protocol_rows.slow_sockets(long_rig)).facts["closed_after_s"]:
        assert closed_after_s < READ_DEADLINE_S + protocol_rows.CLOSED_S_MAX


async def test_terminals_of_four_zones_and_wrong_clocks_take_back_what_they_mean(long_rig: Rig) -> None:
    assert survived(await rows.odd_terminals(long_rig)).facts["reversals"] > 0
