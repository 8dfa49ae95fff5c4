"""The API's description is built once, away from the loop, and sent again only to who does not have it."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway import description
from gateway.app import build_app
from gateway.description import document_of


class Counted:
    """Builds the document and keeps in which thread it did."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self, app: Any) -> dict[str, Any]:
        self.threads.append(threading.get_ident())
        return document_of(app)


@pytest.fixture(scope="module")
def counted() -> Counted:
    return Counted()


@pytest.fixture(scope="module")
async def client(counted: Counted) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(None)
    app.state.parts.description = description.Description(counted)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),  # pyright: ignore[reportArgumentType]
        base_url="http://guichet",
        headers={"accept-encoding": "identity"},
    ) as client:
        yield client


async def test_fifty_at_once_build_it_once_and_in_a_thread(
    client: httpx.AsyncClient, counted: Counted
) -> None:
    paths = ("/openapi.json", "/docs", "/docs/page.css")
    answers = await asyncio.gather(*(client.get(paths[n % 3]) for n in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(counted.threads) == 1
    assert threading.get_ident() not in counted.threads


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/page.css"])
async def test_it_is_compressed_for_who_takes_that(client: httpx.AsyncClient, path: str) -> None:
    plain = await client.get(path)
    packed = await client.get(path, headers={"accept-encoding": "br;q=1.0, gzip;q=0.8"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "max-age" in packed.headers["cache-control"]
    for refusing in ("gzip;q=0", "*;q=0", "br", ""):
        answer = await client.get(path, headers={"accept-encoding": refusing})
        assert "content-encoding" not in answer.headers, refusing


async def test_who_has_it_is_told_so_in_a_few_bytes(client: httpx.AsyncClient) -> None:
    first = await client.get("/openapi.json")
    etag = first.headers["etag"]
    assert etag.startswith('"')
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get("/openapi.json", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), known
    assert (await client.get("/openapi.json", headers={"if-none-match": '"other"'})).status_code == 200
    packed = await client.get("/openapi.json", headers={"if-none-match": etag, "accept-encoding": "gzip"})
    assert packed.status_code == 200, "a strong tag names one form of it"


async def test_each_language_has_its_own_page(client: httpx.AsyncClient) -> None:
    french = await client.get("/docs", headers={"accept-language": "fr"})
    english = await client.get("/docs", headers={"accept-language": "en"})
    assert 'lang="fr"' in french.text
    assert 'lang="en"' in english.text
    assert french.headers["etag"] != english.headers["etag"]


async def test_two_instances_give_the_same_bytes_and_tag() -> None:
    forms = [description.Description()._make(build_app(None)) for _ in range(2)]
    assert forms[0] == forms[1]
    assert gzip.decompress(forms[0]["json"].gzipped.body) == forms[0]["json"].plain.body
