"""Bodies and requests that are no such thing, each refused with the field that the caller sent."""

from __future__ import annotations

import pytest
from litestar.exceptions import ValidationException

from core.contracts.agreements import SignContract
from core.contracts.merchants import CreateCompany
from core.contracts.supervision import AskExport
from core.contracts.transaction_filter import TransactionQuery
from core.contracts.transactions import Refund
from core.values.ids import encode_id
from gateway.bodies import read_body, read_json, refuse_other_types
from gateway.problems import Problem
from gateway.wellformed import readable_query, refuse_unreadable_headers, refuse_unreadable_path

PAYMENT = encode_id("transaction", bytes(16))


def _faults(problem: Problem) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in problem.errors]


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        (b'{"name": "\xff"}', [("body", "not_utf8")]),
        (b"[" * 3_000 + b"]" * 3_000, [("body", "too_deep")]),
        (b'{"a":' * 3_000, [("body", "too_deep")]),
        (b'{"a": NaN}', [("body", "not_json")]),
        (b"{", [("body", "not_json")]),
        (b"", [("body", "not_json")]),
        (b'{"a": {"b": 1, "b": 2}}', [("a.b", "repeated")]),
        (b'{"a": [1, 18446744073709551616]}', [("a[1]", "number_too_large")]),
        (b'{"a": ' + b"9" * 5_000 + b"}", [("a", "number_too_large")]),
        (b'{"a": "\\ud800"}', [("a", "not_text")]),
    ],
)
def test_what_is_no_json_is_refused_at_its_place(raw: bytes, faults: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem) as refused:
        read_json(raw)
    assert _faults(refused.value) == faults


def test_brackets_in_a_text_are_no_depth_and_a_mark_in_front_is_left_out() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "' + b"[" * 3_000 + b'\\"{"}') == {"a": "[" * 3_000 + '"{'}


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ValidationException) as refused:
        read_body({"amount": {"amount": 0, "currency": 5}, "reason": "", "why": 1}, Refund)
    assert isinstance(refused.value.extra, list)
    assert [each["key"] for each in refused.value.extra] == [
        "amount.amount",
        "amount.currency",
        "reason",
        "why",
    ]


@pytest.mark.parametrize("amount", [b'"1e2"', b"5.0", b"1e2", b"true", b'"100"', b"null"])
def test_an_amount_is_a_whole_number_and_nothing_that_could_be_one(amount: bytes) -> None:
    with pytest.raises(ValidationException) as refused:
        read_body(
            read_json(b'{"amount": {"amount": ' + amount + b', "currency": "EUR"}, "reason": "abc"}'),
            Refund,
        )
    assert isinstance(refused.value.extra, list)
    assert [each["key"] for each in refused.value.extra] == ["amount.amount"]


@pytest.mark.parametrize(
    ("read", "kind", "field"),
    [
        ({"id": PAYMENT}, Refund, "amount"),
        (
            {"id": PAYMENT, "amount": {"amount": 1, "currency": "EUR"}, "reason": "abc", "other": 1},
            Refund,
            "other",
        ),
        ({"company": {"siren": 1}}, CreateCompany, "company.siren"),
        ({"format": "csv", "filter": {"from": "yesterday"}}, AskExport, "filter.from"),
        ({"format": "csv", "filter": {"from_": "2026-01-01T00:00:00Z"}}, AskExport, "filter.from_"),
        ([], Refund, "body"),
    ],
)
def test_a_refusal_names_the_field_as_the_caller_does(read: object, kind: type, field: str) -> None:
    with pytest.raises(ValidationException) as refused:
        read_body(read, kind)
    assert isinstance(refused.value.extra, list)
    assert [each["key"] for each in refused.value.extra] == [field]


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (("text/plain", {}), ""),
        (("", {}), ""),
        (("application/x-www-form-urlencoded", {}), ""),
        (("application/json", {"charset": "utf-16"}), ""),
        (("application/json", {}), "gzip"),
    ],
)
def test_only_what_calls_itself_json_is_read_as_json(
    content_type: tuple[str, dict[str, str]], encoding: str
) -> None:
    with pytest.raises(Problem) as refused:
        refuse_other_types(content_type, encoding)
    assert refused.value.code == "unsupported_media_type"
    refuse_other_types(("application/json", {"charset": "UTF-8"}), "")


@pytest.mark.parametrize(
    ("query", "code", "faults"),
    [
        (b"last_four=1111%0A", "invalid_request", [("last_four", "control_character")]),
        (b"query=%E2%80%8B", "invalid_request", [("query", "invisible")]),
        (b"query=%E2%80%AEabc", "invalid_request", [("query", "direction_mark")]),
        (b"limit=1&limit=2", "invalid_request", [("limit", "repeated")]),
        (b"limit=%FF", "malformed_request", [("limit", "not_text")]),
        (b"%FF=1", "malformed_request", [("query", "not_text")]),
        (b"=1", "malformed_request", [("query", "not_text")]),
        (b"q=" + b"a" * 17_000, "malformed_request", [("query", "too_long")]),
        (b"a=1&" * 200, "malformed_request", [("query", "too_many")]),
    ],
)
def test_a_parameter_that_is_no_text_is_refused_by_its_name(
    query: bytes, code: str, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(Problem) as refused:
        readable_query(query)
    assert (refused.value.code, _faults(refused.value)) == (code, faults)


def test_a_readable_query_stays_what_it_was() -> None:
    assert readable_query(b"query=caf%C3%A9+noir&limit=5&cursor=") == b"query=caf%C3%A9+noir&limit=5&cursor="
    assert readable_query(b"query=cafe%CC%81%E2%80%8B") == b"query=caf%C3%A9"


def test_two_headers_of_one_kind_are_refused_by_their_name() -> None:
    for headers, faults in (
        ([(b"idempotency-key", b"a"), (b"Idempotency-Key", b"b")], [("Idempotency-Key", "repeated")]),
        ([(b"user-agent", b"\xff")], [("User-Agent", "not_text")]),
    ):
        with pytest.raises(Problem) as refused:
            refuse_unreadable_headers(headers)
        assert (refused.value.code, _faults(refused.value)) == ("malformed_request", faults)
    refuse_unreadable_headers([(b"x-forwarded-for", b"a"), (b"x-forwarded-for", b"b")])


@pytest.mark.parametrize("path", [b"/v1/stores/%FF", b"/v1/%00", b"/v1/a%0a", b"/" + b"a" * 3_000])
def test_a_path_that_is_no_text_is_refused(path: bytes) -> None:
    with pytest.raises(Problem) as refused:
        refuse_unreadable_path(path)
    assert refused.value.code == "malformed_request"
    refuse_unreadable_path("/v1/caf\u00e9".encode())


def test_a_date_and_a_hash_are_read_from_their_text() -> None:
    typed = {"name": " Ine\u0301s ", "role": "gérante", "pdf_sha256": "0" * 64, "consent": True}
    contract = encode_id("contract", bytes(16))
    assert read_body({"id": contract, "typed": typed}, SignContract).typed.name == "Inés"
    assert read_body({"from": "2026-01-01T00:00:00Z"}, TransactionQuery).from_.year == 2026
