"""What the user sees when something fails: what, why, what to do, and a reference that support can search."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ExceptionHandlersMap

from observability.admission import BodyCut, BodyStalled, Crowded
from portals.kit.gateway import GatewayDown, GatewayProblem, NothingToDo
from portals.kit.visit import FactorNeeded, FormForged, SessionNeeded, Visit
from portals.kit.ways_on import names_card_number, page_around, without_card_numbers


def _visit(request: Request[Any, Any, Any]) -> Visit:
    return Visit(request, request.app.state.kit)


class CardNumberAsked(Exception):
    """The address holds what looks like a card number; `address` is the same without it."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__("card number asked")


def leave_card_numbers(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Lead to the same page without what looks like a card number, which then says why by the field.

    Before the page is made: it judges its own fields, and what is refused is shown as it was typed. Before the session
    is asked for too: the number would be in the address of the page to come back to.
    """
    if connection.scope.get("method") != "GET" or not connection.url.query:
        return
    query = list(connection.query_params.multi_items())
    address = without_card_numbers(connection.url.path, query) if names_card_number(query) else None
    if address is not None:
        raise CardNumberAsked(address)


def card_number_asked(request: Request[Any, Any, Any], error: CardNumberAsked) -> Response[bytes]:
    """Lead to the page without the number."""
    return _visit(request).go(error.address)


def _error(
    visit: Visit, *, status: int, kind: str, text: str = "", retry: bool = False, trace: str = ""
) -> Response[bytes]:
    template = "error_fragment.html" if visit.wants_fragment else "error.html"
    return visit.page(
        template,
        status=status,
        title=visit.words(f"error.{kind}.title"),
        text=text or visit.words(f"error.{kind}.text"),
        retry=retry and visit.request.method == "GET",
        back=visit.return_address() if visit.request.method == "POST" else "",
        kept=visit.kept_words,
        trace=trace,
    )


def session_needed(request: Request[Any, Any, Any], error: SessionNeeded) -> Response[bytes]:
    """Send to the login page."""
    return _visit(request).go_log_in(error.return_to, ended=error.ended)


def factor_needed(request: Request[Any, Any, Any], _: FactorNeeded) -> Response[bytes]:
    """Send to where a second factor is added."""
    return _visit(request).go_raw(request.app.state.kit.face.enrolment)


def form_forged(request: Request[Any, Any, Any], _: FormForged) -> Response[bytes]:
    """Refuse a form that is not ours, or too old."""
    return _error(_visit(request), status=403, kind="forged")


def gateway_down(request: Request[Any, Any, Any], error: GatewayDown) -> Response[bytes]:
    """Say that the service behind does not answer."""
    visit = _visit(request)
    sys.stderr.write(f"portal: gateway down reference={visit.reference} cause={str(error)[:80]!r}\n")
    return _error(visit, status=503, kind="down", retry=True)


def gateway_problem(request: Request[Any, Any, Any], error: GatewayProblem) -> Response[bytes]:
    """Show a refusal that no page handled itself."""
    visit = _visit(request)
    if error.status == 401:
        return visit.go_log_in(visit.return_address(), ended=True)
    if error.code == "card_number_refused" and request.method == "GET":
        address = without_card_numbers(request.url.path, list(request.query_params.multi_items()))
        if address is not None:
            # The number leaves the address too, which the browser would remember.
            return visit.go(address)
    if error.status == 404:
        return _error(visit, status=404, kind="missing", trace=error.trace_id)
    if error.status == 403:
        return _error(visit, status=403, kind="forbidden", text=error.detail, trace=error.trace_id)
    return _error(visit, status=error.status, kind="refused", text=error.detail, trace=error.trace_id)


def nothing_to_do(request: Request[Any, Any, Any], error: NothingToDo) -> Response[bytes]:
    """Lead to the page as it is now, which says in one sentence why nothing was done: no form is shown to send again."""
    visit = _visit(request)
    unsaved = visit.sent.form.prose if visit.sent is not None and visit.sent.is_ours else ""
    # Whoever wrote something finds it again, to say it where it still matters.
    kept = f" {visit.words('kept.unsaved', text=unsaved)}" if unsaved else ""
    visit.tell_next_page(f"{error.detail}{kept}")
    own = page_around(request.app, request.url.path)
    # A script puts the record itself in the place of the form, not the page that it stands on.
    return visit.go(own if visit.wants_fragment else _page_of_the_form(visit, own))


def _page_of_the_form(visit: Visit, own: str) -> str:
    address = visit.return_address()
    return own if address.partition("?")[0] in (visit.request.url.path, "/") else address


def crowded(request: Request[Any, Any, Any], error: Crowded) -> Response[bytes]:
    """Say that too much is under way, and when to try again."""
    visit = _visit(request)
    if error.live:
        # A script of ours reads this one: it shows its own words and comes back.
        answer = visit.json({"code": "too_many_listeners"}, status=error.status)
    else:
        kind = "crowded" if error.by == "everybody" else "too_many_at_once"
        page = visit.kit.crowded_page(visit.locale, kind)
        if visit.kept_words:
            page = visit.kit.make_crowded_page(
                visit.words, kind, kept=visit.kept_words, back=visit.return_address()
            )
        answer = Response(page, status_code=error.status, media_type=MediaType.HTML)
    answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def body_stalled(request: Request[Any, Any, Any], _: BodyStalled) -> Response[bytes]:
    """Say that the form or file did not arrive whole."""
    return _error(_visit(request), status=408, kind="stalled")


def body_cut(request: Request[Any, Any, Any], _: BodyCut) -> Response[bytes]:
    """Say that the form or file ended before its end."""
    return _error(_visit(request), status=400, kind="refused")


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Show an address that does not exist, or a request that cannot be read."""
    if error.status_code == 405 and request.method == "GET":
        # A reload after a refusal, or a bookmark: the form's page shows what became of it.
        return _visit(request).go(page_around(request.app, request.url.path))
    kind = {404: "missing", 405: "missing", 413: "too_large"}.get(error.status_code, "refused")
    return _error(_visit(request), status=error.status_code, kind=kind)


def fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Show a fault of ours; its trace goes to the log, never to the page."""
    visit = _visit(request)
    sys.stderr.write(f"portal: fault reference={visit.reference}\n")
    traceback.print_exception(error)
    return _error(visit, status=500, kind="fault", retry=True)


HANDLERS: ExceptionHandlersMap = {
    CardNumberAsked: card_number_asked,
    SessionNeeded: session_needed,
    FactorNeeded: factor_needed,
    FormForged: form_forged,
    Crowded: crowded,
    BodyStalled: body_stalled,
    BodyCut: body_cut,
    GatewayDown: gateway_down,
    GatewayProblem: gateway_problem,
    NothingToDo: nothing_to_do,
    HTTPException: http_error,
    Exception: fault,
}
