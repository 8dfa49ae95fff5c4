"""The fault matrix in its short form: a small load, one stack for all rows."""

from __future__ import annotations

import pytest

from tests.faults import collecting_rows, protocol_rows, rows
from tests.faults.conftest import survived
from tests.faults.rig import Rig

pytestmark = pytest.mark.faults


async def test_edge_is_killed(short_rig: Rig) -> None:
    survived(await rows.edge_killed(short_rig))


@pytest.mark.parametrize("point", ["tx1-after", "tx2-after"])
async def test_core_is_killed_at_a_step(short_rig: Rig, point: str) -> None:
    survived(await rows.core_killed_at(short_rig, point))


async def test_postgresql_is_killed_while_nobody_pays(short_rig: Rig) -> None:
    survived(await rows.postgres_killed_while_nobody_pays(short_rig))


async def test_everything_is_killed_at_once(short_rig: Rig) -> None:
    survived(await rows.everything_killed(short_rig))


async def test_the_daily_run_is_killed_while_it_collects(short_rig: Rig) -> None:
    facts = survived(await collecting_rows.run_killed(short_rig, due=600, kills=4)).facts
    assert facts["paid"] == facts["approved"]
    assert facts["lost"] == 0
    assert facts["paid"] + facts["again"] + facts["refused"] == 600
    assert facts["refused"] < 600 // 50
    assert facts["paid"] > 0


async def test_the_acquirer_answers_after_the_deadline(short_rig: Rig) -> None:
    facts = survived(await rows.late_answers(short_rig)).facts
    assert facts["timed_out"] > 0
    assert facts["late"] > 0
    assert facts["revived"] == 0


async def test_reversals_are_not_answered_for_a_while(short_rig: Rig) -> None:
    assert survived(await rows.reversals_ignored(short_rig)).facts["backlog"] > 0


async def test_every_message_is_delivered_five_times(short_rig: Rig) -> None:
    repeated = survived(await rows.messages_repeated(short_rig)).facts["repeated"]
    assert set(repeated) == {"core", "host", "edge", "events"}


async def test_hosts_say_anything(short_rig: Rig) -> None:
    facts = survived(await rows.hosts_say_anything(short_rig)).facts
    assert facts["unclear"] > 0
    assert facts["differing"] > 0
    assert facts["approved_otherwise"] > 0
    assert facts["settled"] == 0
    assert facts["kept"] > 0


async def test_a_reversal_overtakes_its_authorisation(short_rig: Rig) -> None:
    codes = survived(await protocol_rows.reversals_first(short_rig)).facts["codes"]
    assert set(codes) == {("00", "12")}


async def test_poison_messages_are_kept_and_the_others_flow(short_rig: Rig) -> None:
    counted = survived(await protocol_rows.poison(short_rig)).facts["dead_letters"]
    assert counted["after"] >= counted["before"] + 3


async def test_malformed_messages_change_nothing(short_rig: Rig) -> None:
    facts = survived(await protocol_rows.fuzz(short_rig, frames=1_000)).facts
    assert not facts["crashed"]
    assert facts["written"] == 0
    assert facts["grown_mib"] < protocol_rows.MEMORY_GROWTH_MIB_MAX


async def test_impossible_frame_lengths_close_the_connection(short_rig: Rig) -> None:
    assert len(survived(await protocol_rows.bad_lengths(short_rig)).facts["closed_after_s"]) == 3


async def test_terminals_of_four_zones_and_wrong_clocks_take_back_what_they_mean(short_rig: Rig) -> None:
    assert survived(await rows.odd_terminals(short_rig)).facts["reversals"] > 0
