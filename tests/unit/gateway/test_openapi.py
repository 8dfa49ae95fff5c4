"""The committed description is the one that the code gives, and says of each operation what its declaration says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from core.contracts.operation import Operation, Reach
from core.contracts.operations import OPERATIONS
from gateway.app import build_app
from gateway.description import page_of
from gateway.openapi_page import openapi_json
from gateway.operations import shown_as

COMMITTED = (Path(__file__).resolve().parents[3] / "docs" / "openapi.json").read_bytes()
DOCUMENT: Final = msgspec.json.decode(COMMITTED)
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
DESCRIBED: Final[dict[str, dict[str, Any]]] = {
    f"{method.upper()} {path.removeprefix('/v1')}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
DECLARED: Final = {shown_as(each): each for each in OPERATIONS if each.http is not None}
# Asked for by who has not signed in, or has only begun to.
OPEN: Final = {
    "GET /brand",
    "GET /contact/offers",
    "GET /contact/answers",
    "GET /sign-on",
    "POST /customers/links",
    "POST /customers/links/acceptance",
    "POST /customers/links/lookup",
    "POST /customers/sessions",
    "POST /customers/sessions/passkey-options",
    "POST /customers/sessions/second-factor",
    "POST /invitations/acceptance",
    "POST /invitations/lookup",
    "POST /sessions",
    "POST /sessions/passkey-options",
    "POST /sessions/second-factor",
    "POST /sign-on",
    "POST /sign-on/answers",
}


def test_the_committed_description_has_not_drifted() -> None:
    # To renew it: python -m gateway.openapi_page > docs/openapi.json
    assert COMMITTED.rstrip() == openapi_json().rstrip()


@pytest.mark.parametrize("shown", DECLARED)
def test_an_operation_is_described_as_it_is_declared(shown: str) -> None:
    declared, described = DECLARED[shown], DESCRIBED[shown]
    assert declared.http is not None
    success = str(declared.http.status)
    assert set(described["responses"]) == {success, "default"}
    assert described["summary"] == declared.http.summary
    assert described["description"].split() == declared.description.split()
    assert described["tags"] == [declared.tag]
    assert _names(described["responses"][success]) == _answers_of(declared)
    if "requestBody" in described:
        assert _names(described["requestBody"]) == {declared.asked.__name__}


@pytest.mark.parametrize("shown", DECLARED)
def test_every_field_of_a_request_has_one_place(shown: str) -> None:
    declared, described = DECLARED[shown], DESCRIBED[shown]
    parameters = {
        place: {each["name"] for each in described.get("parameters", ()) if each["in"] == place}
        for place in ("path", "query", "header")
    }
    assert parameters["path"] == set(re.findall(r"{(\w+)}", shown))
    assert parameters["header"] == ({"Idempotency-Key"} if declared.is_keyed else set())
    fields = {field.encode_name for field in msgspec.structs.fields(declared.asked)} - {"idempotency_key"}
    assert declared.http is not None
    in_path = set(re.findall(r"{(\w+)}", declared.http.path))
    body = set(SCHEMAS[declared.asked.__name__]["properties"]) if "requestBody" in described else set()
    assert parameters["query"] | body == fields - in_path
    assert not parameters["query"] & body


@pytest.mark.parametrize("shown", [shown for shown, each in DECLARED.items() if each.is_keyed])
def test_a_key_is_described_as_required_where_nothing_is_done_without_one(shown: str) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(DECLARED[shown].asked)}
    (key,) = (each for each in DESCRIBED[shown]["parameters"] if each["in"] == "header")
    is_required = fields["idempotency_key"].required
    assert key["required"] == is_required
    assert not is_required or key["schema"]["type"] == "string"


def test_a_bearer_is_asked_for_but_of_who_has_none_yet() -> None:
    assert DOCUMENT["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    # No demand at all is one of those that will do.
    assert {shown for shown, each in DESCRIBED.items() if {} in each["security"]} == OPEN
    assert all({"bearer": []} in each["security"] for each in DESCRIBED.values())
    assert not [
        shown for shown in OPEN & set(DECLARED) if DECLARED[shown].access.reach is not Reach.NO_SESSION
    ]


def test_a_parameter_is_left_out_or_given_and_never_null() -> None:
    # A generator of clients would let null be passed, and send the word or nothing as it likes.
    for shown, described in DESCRIBED.items():
        for each in described.get("parameters", ()):
            schema = each["schema"]
            assert "null" not in msgspec.json.encode(schema).decode(), (shown, each["name"])
            assert isinstance(schema["type"], str), (shown, each["name"])
            assert not (each["required"] and "default" in schema), (shown, each["name"])
            if schema["type"] == "integer":
                assert all(isinstance(schema.get(bound, 0), int) for bound in ("minimum", "maximum")), shown


def test_an_operation_goes_by_its_name_in_clients_that_are_generated() -> None:
    for shown, declared in DECLARED.items():
        assert DESCRIBED[shown]["operationId"] == declared.name.replace(".", "_"), shown


def test_files_are_described_as_bytes_and_lists_for_sheets_as_text() -> None:
    contents = {
        media_type: content["schema"]
        for described in DESCRIBED.values()
        for answer in described["responses"].values()
        for media_type, content in answer.get("content", {}).items()
        if not media_type.endswith("json")
    }
    assert {"application/pdf", "application/octet-stream", "text/csv", "text/event-stream"} == set(contents)
    for media_type, schema in contents.items():
        is_text = media_type.startswith("text/")
        assert schema == {"type": "string"} | ({} if is_text else {"format": "binary"}), media_type


def test_each_field_for_a_new_password_says_what_it_takes() -> None:
    asked = [
        schema["properties"]["new_password"]
        for schema in SCHEMAS.values()
        if "new_password" in schema.get("properties", {})
    ]
    assert len(asked) == 3
    assert all("12 to 1,024 characters" in each["description"] for each in asked)


def test_every_refusal_is_a_problem() -> None:
    for shown, described in DESCRIBED.items():
        assert _names(described["responses"]["default"]) == {"ProblemBody"}, shown


def test_every_type_is_named_once_and_used() -> None:
    ids = [each["operationId"] for each in DESCRIBED.values()]
    assert len(ids) == len(set(ids))
    assert _names(DOCUMENT) == set(SCHEMAS)


def test_no_example_is_invented_for_an_answer_while_the_gateway_starts() -> None:
    # The framework would load what makes them up, which takes half of the time of a start; none is shown.
    inventing = [
        f"{status} of {handler}"
        for route in build_app(None).routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if isinstance(handler, HTTPRouteHandler)
        for status, described in (handler.responses or {}).items()
        if described.generate_examples
    ]
    assert inventing == []


def test_the_page_tells_each_operation_and_needs_nothing_from_elsewhere() -> None:
    page = page_of(DOCUMENT, "fr")
    for shown in DESCRIBED:
        method, path = shown.split(" ")
        assert re.search(rf">{method}</span> <code>(/v1)?{re.escape(path)}</code>", page), shown
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def _names(part: Any) -> set[str]:
    """Return the types that a part of the document refers to."""
    return set(re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(part).decode()))


def _answers_of(operation: Operation[Any, Any]) -> set[str]:
    shapes = get_args(operation.answered) or (operation.answered,)
    return {shape.__name__ for shape in shapes if shape is not type(None)} & set(SCHEMAS)
