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


@pytest.mark.parametrize("setting", ["GUICHET_PORTAL_URL", "GUICHET_SPACE_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "site.example",
        "",
        "https://",
        "ftp://site.example",
        "https://[site.example",
        "https://site.example:port",
        "https://site.example/?page=",
        "https://site.example/#top",
        "https://somebody@site.example",
        "https://site.example /",
    ],
)
def test_an_address_that_links_cannot_begin_with_is_refused_by_its_name(setting: str, address: str) -> None:
    with pytest.raises(SettingRefused, match=setting):
        SLICE.jobs(parts_of(**{setting: address}))


@pytest.mark.parametrize("setting", ["GUICHET_PORTAL_URL", "GUICHET_SPACE_URL"])
@pytest.mark.parametrize("address", ["https://site.example/", "http://localhost:8080", "https://a.example/b"])
def test_one_that_they_can_begin_with_is_taken(setting: str, address: str) -> None:
    assert [job.name for job in SLICE.jobs(parts_of(**{setting: address}))] == ["mail"]
