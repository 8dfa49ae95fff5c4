"""A process says in one line what it cannot start with, and ends with the code of that."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from observability.process import (
    SettingRefused,
    instance_of,
    port_of,
    proxies_of,
    required,
    run_process,
    stop_asked,
)


class Missing(Exception):
    """Something that the process needs."""


def test_a_refusal_is_one_line_and_its_own_code(capsys: pytest.CaptureFixture[str]) -> None:
    async def refused() -> None:
        raise Missing("there is no bus")

    async def taken() -> None:
        raise PermissionError(13, "Permission denied")

    exits = {Missing: 4, OSError: 5}
    assert run_process("edge", refused, exits) == 4
    assert run_process("edge", taken, exits) == 5
    assert capsys.readouterr().err == "edge: there is no bus\nedge: Permission denied\n"


def test_what_nobody_foresaw_is_not_hidden() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_process("edge", broken, {Missing: 4})


def test_a_process_that_is_told_to_stop_ends_well() -> None:
    async def work() -> None:
        stop = stop_asked()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await stop.wait()

    assert run_process("edge", work, {}) == 0


@pytest.mark.parametrize("text", ["", "x", "-1", "65536", "٣", "0"])
def test_what_is_no_port_is_refused_by_the_setting_s_name(text: str) -> None:
    with pytest.raises(SettingRefused, match="GUICHET_HTTP_PORT is not a port"):
        port_of({"GUICHET_HTTP_PORT": text}, "GUICHET_HTTP_PORT", default=8080)


def test_a_port_that_the_system_may_choose_is_0() -> None:
    assert (
        port_of({}, "GUICHET_HEALTH_PORT")
        == port_of({"GUICHET_HEALTH_PORT": "0"}, "GUICHET_HEALTH_PORT")
        == 0
    )
    assert port_of({}, "GUICHET_HTTP_PORT", default=8080) == 8080


def test_a_refused_setting_is_named_and_its_value_never() -> None:
    for refused in (
        lambda: required({"GUICHET_NATS_URL": ""}, "GUICHET_NATS_URL"),
        lambda: instance_of({"GUICHET_INSTANCE": "Secret!"}, default="edge1"),
        lambda: proxies_of({"GUICHET_TRUSTED_PROXIES": "secret"}, default=""),
    ):
        with pytest.raises(SettingRefused, match="GUICHET_") as caught:
            refused()
        assert "secret" not in str(caught.value).lower()
