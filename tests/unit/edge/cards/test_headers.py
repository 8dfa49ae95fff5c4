"""What every answer of the card frame carries."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from edge.cards.answers import Parts
from edge.cards.app import serve
from observability.client_address import TrustedProxies


@pytest.mark.parametrize(
    ("frame_url", "strict"),
    [
        ("https://cards.example", "max-age=31536000"),
        ("https://localhost:7444", None),
        ("http://localhost:7080", None),
    ],
)
async def test_browsers_that_find_the_frame_by_https_are_told_to_stay_with_it(
    frame_url: str, strict: str | None
) -> None:
    nobody: Any = None
    app = serve(Parts(nobody, nobody, nobody, TrustedProxies.parse("")), frame_url=frame_url)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=frame_url) as client:
        for path in ("/static/none.css", "/nowhere"):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert answer.headers.get("strict-transport-security") == strict
            assert answer.headers["x-content-type-options"] == "nosniff"
