"""What the worker is told of mail: a setting that makes wrong links is refused before anything is sent."""

from typing import Any

import pytest

from core.notifications.slice import SLICE
from core.runtime.manifest import Parts
from observability.process import SettingRefused


def parts_of(**environment: str) -> Parts:
    nothing: Any = None
    return Parts(
        pool=nothing,
        clock=nothing,
        bus=nothing,
        environment={"GUICHET_SMTP": "smtp://localhost:2525"} | environment,
        queue_mail=nothing,
        calendar=nothing,
    )


def test_a_space_whose_address_names_no_host_is_refused() -> None:
    with pytest.raises(SettingRefused, match="GUICHET_SPACE_URL"):
        SLICE.jobs(parts_of(GUICHET_SPACE_URL="space.example"))
    assert [job.name for job in SLICE.jobs(parts_of(GUICHET_SPACE_URL="https://space.example/"))] == ["mail"]
