"""What takes long runs in a thread, or before the first request: never on a loop that serves others meanwhile."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from core.documents import handlers as documents
from gateway.v1 import documents as sent
from observability.client_address import TrustedProxies
from portals.agent.app import make_kit
from portals.kit.access import security
from portals.kit.settings import Settings

Threads = list[int]
PDF = b"%PDF-1.4\n" + bytes(100_000)


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what notes in which threads a function of a module runs."""

    def noting(module: Any, name: str) -> Threads:
        ran_in: Threads = []
        plain = getattr(module, name)

        def run(*args: Any) -> Any:
            ran_in.append(threading.get_ident())
            return plain(*args)

        monkeypatch.setattr(module, name, run)
        return ran_in

    return noting


def assert_in_a_thread(ran_in: Threads) -> None:
    assert len(ran_in) == 1
    assert threading.get_ident() not in ran_in


async def test_a_file_that_comes_is_looked_through_in_a_thread(note: Any) -> None:
    ran_in = note(documents, "_looked_through")
    kept: list[bytes] = []

    async def put(_connection: Any, sha256: bytes, _content: bytes) -> None:
        kept.append(sha256)

    slice_of_documents: Any = SimpleNamespace(_blobs=SimpleNamespace(put=put))
    keep: Any = next(
        value._keep
        for value in vars(documents).values()
        if isinstance(value, type) and hasattr(value, "_keep")
    )
    assert await keep(slice_of_documents, None, PDF) == ("application/pdf", hashlib.sha256(PDF).digest())
    assert_in_a_thread(ran_in)


async def test_a_file_that_leaves_is_hashed_in_a_thread(note: Any) -> None:
    ran_in = note(sent, "_hashed")
    facts: Any = SimpleNamespace(
        size_bytes=len(PDF),
        sha256=hashlib.sha256(PDF).hexdigest(),
        name="contrat.pdf",
        media_type="application/pdf",
    )

    async def read(offset: int) -> bytes:
        return PDF[offset : offset + 40_000]

    answer = await sent.send_file(facts, read, way="inline")
    assert answer.content == PDF
    assert_in_a_thread(ran_in)


async def test_the_picture_of_a_second_factor_is_drawn_in_a_thread(note: Any) -> None:
    ran_in = note(security, "_draw")
    visit: Any = SimpleNamespace(page=lambda *_args, **facts: facts)
    form: Any = None
    shown: Any = await security._totp_form(visit, {"uri": "otpauth://totp/Guichet?secret=ABCDEFGH"}, form)
    assert shown["qr"].startswith("<svg")
    assert_in_a_thread(ran_in)


def test_every_page_is_compiled_before_the_first_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = make_kit(
        Settings(
            host="127.0.0.1",
            port=8080,
            gateway_url="http://127.0.0.1:1",
            secret_file=tmp_path / "secret",
            institution="Guichet",
            cookies_are_secure=False,
            proxies=TrustedProxies(()),
        )
    )

    def too_late(*_args: Any, **_others: Any) -> None:
        raise AssertionError("compiled while serving")

    monkeypatch.setattr(jinja2.Environment, "compile", too_late)
    pages = kit._templates.list_templates(extensions=["html"])
    assert len(pages) > 100
    for page in pages:
        kit._templates.get_template(page)
