"""The committed description is the one that the code gives."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gateway.app import build_app
from gateway.openapi_page import openapi_json, render_page

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


def test_the_committed_description_has_not_drifted() -> None:
    # To renew it: python -m gateway.openapi_page > docs/openapi.json
    assert COMMITTED.read_bytes().rstrip() == openapi_json(build_app(None)).rstrip()


def test_the_description_is_openapi_3_1_with_problems_and_a_bearer() -> None:
    document = msgspec.json.decode(COMMITTED.read_bytes())
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert "default" in operation["responses"], path


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = render_page(build_app(None), "fr")
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
