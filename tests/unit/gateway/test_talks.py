"""Streams of conversations are bounded, those of one as well as all."""

from __future__ import annotations

import pytest

from core.contracts.conversations import TalkNews
from gateway.live.talks import OF_ONE_MAX, Talks, TalkStream
from gateway.problems import Problem
from gateway.v1.talks import _opened  # pyright: ignore[reportPrivateUsage]

ONE, OTHER = b"1" * 16, b"2" * 16


async def look(_after: int) -> TalkNews:
    return TalkNews(state="waiting", taken_by="", is_there=False, is_typing=False, messages=[])


async def test_streams_of_one_conversation_leave_room_for_others() -> None:
    talks = Talks()
    events = [talks.join(ONE) for _ in range(OF_ONE_MAX)]
    with pytest.raises(Problem) as refused:
        await _opened(talks, ONE, look, None, 0)
    assert refused.value.code == "too_many_listeners"
    assert isinstance(await _opened(talks, OTHER, look, None, 0), TalkStream)
    talks.leave(ONE, events[0])
    assert isinstance(await _opened(talks, ONE, look, None, 0), TalkStream)
