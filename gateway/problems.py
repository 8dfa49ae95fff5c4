"""Problems (RFC 9457): one table from stable codes to HTTP status and words, and the handlers that answer with it."""

import functools
import re
import tomllib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from core.contracts.desk import DeskProblem, FieldProblem
from core.values.card_numbers import hide_card_numbers
from gateway.field_words import worded
from gateway.typesetting import typeset
from observability.admission import BodyCut, BodyStalled, Crowded

PROBLEM_TYPE: Final = "application/problem+json"

_log = structlog.get_logger("gateway.problems")


class _Words(NamedTuple):
    title: str
    detail: str
    told_by: str = ""  # instead of `detail` where it is known whose act it was: nothing is to be guessed then


class _Row(NamedTuple):
    status: int
    fr: _Words
    en: _Words

    def typeset(self) -> "_Row":
        return _Row(self.status, _Words(*map(typeset, self.fr)), _Words(*map(typeset, self.en)))


class ProblemBody(msgspec.Struct):
    """What a client is told: RFC 9457 with a stable code, the fields at fault and the request's trace."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem]
    trace_id: str


class Problem(Exception):
    """An answer that is a refusal."""

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[FieldProblem] = (),
        facts: dict[str, str | int | bool | None] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = list(errors)
        self.facts = facts or {}

    @classmethod
    def of_desk(cls, problem: DeskProblem) -> "Problem":
        """Return the refusal that core gave."""
        return cls(problem.code, errors=problem.errors, facts=problem.facts)

    @classmethod
    def of_field(cls, field: str, code: str = "malformed", detail: str = "") -> "Problem":
        """Return a refusal of one field."""
        return cls("invalid_request", errors=[FieldProblem(field, code, detail)])


TABLE: Final[dict[str, _Row]] = {
    "invalid_request": _Row(
        422,
        _Words("Requête refusée", "Corrigez les champs indiqués."),
        _Words("Request refused", "Correct the fields that are named."),
    ),
    "malformed_request": _Row(
        400,
        _Words(
            "Requête illisible",
            "L’adresse, un paramètre ou un en-tête n’est pas du texte, ou est donné deux fois.",
        ),
        _Words(
            "Request not readable", "The address, a parameter or a header is not text, or is given twice."
        ),
    ),
    "unauthenticated": _Row(
        401,
        _Words("Connexion nécessaire", "Ouvrez une session, puis envoyez son jeton."),
        _Words("Please log in", "Open a session, then send its token."),
    ),
    "session_ended": _Row(
        401,
        _Words("Session terminée", "Votre session est terminée. Connectez-vous de nouveau."),
        _Words("Session ended", "Your session has ended. Log in again."),
    ),
    "invalid_credentials": _Row(
        401,
        _Words("Identifiants refusés", "L’adresse ou le mot de passe n’est pas bon."),
        _Words("Log in refused", "The e-mail or the password is not right."),
    ),
    "too_many_attempts": _Row(
        429,
        _Words("Trop d’essais", "Attendez avant de réessayer."),
        _Words("Too many attempts", "Wait before you try again."),
    ),
    "too_many_requests": _Row(
        429,
        _Words("Trop de demandes à la fois", "Attendez la réponse aux demandes en cours, puis réessayez."),
        _Words("Too many requests at a time", "Wait for the answers to those under way, then try again."),
    ),
    "too_many_live_pages": _Row(
        429,
        _Words("Trop de flux en direct", "Fermez un flux en direct avant d’en ouvrir un autre."),
        _Words("Too many live feeds", "Close a live feed before you open another."),
    ),
    "not_permitted": _Row(
        403,
        _Words("Action non permise", "Votre rôle ne permet pas cette action."),
        _Words("Not permitted", "Your role does not allow this action."),
    ),
    "not_found": _Row(
        404,
        _Words("Introuvable", "Rien ne correspond à cette adresse, ou vous n’y avez pas accès."),
        _Words("Not found", "Nothing stands at this address, or it is not yours to see."),
    ),
    "method_not_allowed": _Row(
        405,
        _Words("Méthode refusée", "Cette adresse n’accepte pas cette méthode."),
        _Words("Method not allowed", "This address does not take this method."),
    ),
    "not_acceptable": _Row(
        406,
        _Words("Format non disponible", "Demandez application/json."),
        _Words("Not acceptable", "Ask for application/json."),
    ),
    "body_too_large": _Row(
        413,
        _Words("Corps trop grand", "Le corps d’une requête tient dans 64 Kio."),
        _Words("Body too large", "The body of a request fits into 64 KiB."),
    ),
    "body_stalled": _Row(
        408,
        _Words("Envoi interrompu", "Le corps de la requête n’est pas arrivé à temps. Envoyez-la de nouveau."),
        _Words("Sending interrupted", "The body of the request did not arrive in time. Send it again."),
    ),
    "unsupported_media_type": _Row(
        415,
        _Words("Format refusé", "Envoyez du JSON."),
        _Words("Unsupported media type", "Send JSON."),
    ),
    "idempotency_key_missing": _Row(
        400,
        _Words("Clé d’idempotence absente", "Envoyez l’en-tête Idempotency-Key, 1 à 255 caractères."),
        _Words("Idempotency key missing", "Send the header Idempotency-Key, 1 to 255 characters."),
    ),
    "idempotency_key_reused": _Row(
        409,
        _Words(
            "Déjà envoyé",
            "C’est déjà parti, avec un autre contenu : regardez ce qui a été fait. Pour le faire encore, envoyez de nouveau (API : avec une nouvelle clé).",
        ),
        _Words(
            "Sent before",
            "It was sent before, with another content: look at what was done. To do it once more, send again (API: with a new key).",
        ),
    ),
    "still_running": _Row(
        503,
        _Words("Résultat pas encore connu", "La demande est peut-être en cours. Réessayez avec la même clé."),
        _Words("Result not known yet", "The request may be under way. Try again with the same key."),
    ),
    "refund_above_captured": _Row(
        409,
        _Words("Remboursement trop élevé", "Les remboursements dépasseraient le montant encaissé."),
        _Words("Refund too high", "The refunds would be above what was captured."),
    ),
    "transaction_not_refundable": _Row(
        409,
        _Words("Remboursement impossible", "Cette transaction ne peut pas être remboursée."),
        _Words("Not refundable", "This transaction cannot be refunded."),
    ),
    "transaction_not_cancellable": _Row(
        409,
        _Words("Annulation impossible", "Cette transaction ne peut plus être annulée."),
        _Words("Not cancellable", "This transaction can no longer be cancelled."),
    ),
    "done_by_another": _Row(
        409,
        _Words("Déjà fait", "C’est déjà fait : vous n’avez rien à faire."),
        _Words("Done already", "It is done already: there is nothing for you to do."),
    ),
    "already_blocked": _Row(
        409,
        _Words("Déjà bloqué", "Un blocage est déjà en place."),
        _Words("Already blocked", "A block stands already."),
    ),
    "already_lifted": _Row(
        409,
        _Words("Déjà levé", "Ce blocage est déjà levé."),
        _Words("Already lifted", "This block has been lifted already."),
    ),
    "too_many_listeners": _Row(
        503,
        _Words("Trop d’écoutes", "Le flux en direct est complet. Réessayez dans quelques instants."),
        _Words("Too many listeners", "The live feed is full. Try again in a few moments."),
    ),
    "query_too_slow": _Row(
        503,
        _Words("Recherche trop longue", "Réduisez la période ou précisez les filtres."),
        _Words("Query too slow", "Narrow the time span or the filters."),
    ),
    "system_busy": _Row(
        503,
        _Words("Service occupé", "Réessayez dans quelques secondes."),
        _Words("Service busy", "Try again in a few seconds."),
    ),
    "service_unavailable": _Row(
        503,
        _Words(
            "Service indisponible", "Une partie du service ne répond pas. Réessayez dans quelques instants."
        ),
        _Words("Service unavailable", "A part of the service does not answer. Try again in a few moments."),
    ),
    "internal_error": _Row(
        500,
        _Words("Erreur interne", "Donnez la référence de cette réponse au support."),
        _Words("Internal error", "Give support the reference of this answer."),
    ),
}


def _load_words(folder: Path) -> dict[str, _Row]:
    """Return the rows of every topic's file. Raises: ValueError, when a code stands twice."""
    rows: dict[str, _Row] = {}
    for file in sorted(folder.glob("*.toml")):
        for code, row in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if code in rows or code in TABLE:
                raise ValueError(f"{file.name}: the refusal {code} stands twice")
            rows[code] = _Row(int(row["status"]), _Words(*row["fr"]), _Words(*row["en"]))
    return rows


TABLE.update(_load_words(Path(__file__).with_name("refusals")))
TABLE.update({code: row.typeset() for code, row in TABLE.items()})

_MISSING: Final = re.compile(r"Missing required \w+ parameter '(?P<name>[^']*)'")
_BY_STATUS: Final = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_attempts",
    503: "service_unavailable",
}


def answer(problem: Problem, *, locale: str, trace_id: str) -> Response[bytes]:
    """Return the response of a problem."""
    code = problem.code if problem.code in TABLE else "internal_error"
    row = TABLE[code]
    words = row.en if locale == "en" else row.fr
    body = ProblemBody(
        type=f"urn:guichet:problem:{code}",
        title=words.title,
        status=row.status,
        detail=_detail(words, problem, locale),
        code=code,
        # The words of a refusal may name what was sent.
        errors=[
            FieldProblem(
                hide_card_numbers(each.field),
                each.code,
                hide_card_numbers(each.detail),
            )
            for each in (worded(error, locale) for error in problem.errors)
        ],
        trace_id=trace_id,
    )
    headers: dict[str, str] = {}
    retry_after_s = problem.facts.get("retry_after_s")
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    elif row.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    if row.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body), status_code=row.status, media_type=PROBLEM_TYPE, headers=headers
    )


def _detail(words: _Words, problem: Problem, locale: str) -> str:
    """Return the sentence of a refusal, and who was faster where it tells that."""
    for fact, english, french in (
        ("told_by", "Done by", "Fait par"),
        ("changed_by", "Last change:", "Dernier changement :"),
    ):
        if who := problem.facts.get(fact):
            said = (words.told_by if fact == "told_by" else "") or words.detail
            return f"{said} {english if locale == 'en' else french} {hide_card_numbers(str(who))}."
    return words.detail


def on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """Answer a problem that a handler raised."""
    return answer(problem, locale=locale_of(request), trace_id=trace_id_of(request))


def on_crowded(request: Request[Any, Any, Any], error: Crowded) -> Response[bytes]:
    """Answer that too much is under way."""
    if error.by == "everybody":
        return on_problem(request, Problem("too_many_listeners" if error.live else "system_busy"))
    facts: dict[str, str | int | bool | None] = {"retry_after_s": error.retry_after_s}
    return on_problem(
        request, Problem("too_many_live_pages" if error.live else "too_many_requests", facts=facts)
    )


def on_body_stalled(request: Request[Any, Any, Any], _: BodyStalled) -> Response[bytes]:
    """Answer a body that did not come in time."""
    return on_problem(request, Problem("body_stalled"))


def on_body_cut(request: Request[Any, Any, Any], _: BodyCut) -> Response[bytes]:
    """Answer a body that ended before its end, in case anybody still reads."""
    return on_problem(request, Problem("malformed_request"))


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refuses by itself."""
    errors: list[FieldProblem] = []
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        errors = [
            _unread(field_of(request, each.get("key")), str(each.get("message", ""))) for each in error.extra
        ]
    elif missing := _MISSING.match(error.detail):
        errors = [FieldProblem(missing["name"], "missing")]
    code = _BY_STATUS.get(error.status_code, "invalid_request")
    if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
        code = (
            "service_unavailable" if error.status_code == HTTPStatus.SERVICE_UNAVAILABLE else "internal_error"
        )
    if code == "invalid_request" and not errors:
        errors = [FieldProblem("body", "malformed", "")]
    return on_problem(request, Problem(code, errors=errors))


_WHAT_WAS_READ: Final = frozenset(
    f"Object missing required field `{name}`" for name in ("revision", "seen_status")
)


def _unread(field: str, message: str) -> FieldProblem:
    if message in _WHAT_WAS_READ:
        # Every change needs it, and whoever fills in a page has no such field before them: they are told what to do.
        return FieldProblem(field, "missing", "the revision that was read")
    code = "too_long" if message.startswith("Expected `str` of length <= ") else "invalid"
    return FieldProblem(field, code, message)


def field_of(request: Request[Any, Any, Any], key: object) -> str:
    """Return what the caller calls a parameter; the framework knows it by its name in our code, such as `from_`."""
    name = str(key or "body")
    if name == "data":
        return "body"
    handler = request.scope.get("route_handler")
    return name if handler is None else _names_of(handler).get(name, name)


@functools.lru_cache(maxsize=1_024)
def integer_parameters(handler: Any) -> tuple[str, ...]:
    """Return the names on the wire of a route's parameters that are whole numbers."""
    names = _names_of(handler)
    return tuple(
        names.get(name, name)
        for name, field in _parameters_of(handler)
        if int in (field.annotation, *field.args)
    )


def _parameters_of(handler: Any) -> list[tuple[str, Any]]:
    signatures = [
        handler.parsed_fn_signature,
        *(provided.parsed_fn_signature for provided in handler.resolve_dependencies().values()),
    ]
    return [pair for signature in signatures for pair in signature.parameters.items()]


@functools.lru_cache(maxsize=1_024)
def _names_of(handler: Any) -> dict[str, str]:
    """Return name in our code -> name on the wire, for a handler and what it depends on."""
    return {
        name: field.kwarg_definition.name
        for name, field in _parameters_of(handler)
        if isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.name
    }


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a fault of ours: nothing of it is told."""
    _log.error("request_failed", trace_id=trace_id_of(request), path=request.url.path, exc_info=error)
    return on_problem(request, Problem("internal_error"))


def locale_of(request: Request[Any, Any, Any]) -> str:
    """Return the first of the caller's languages that we speak; French by default."""
    for part in request.headers.get("accept-language", "").split(",")[:10]:
        language = part.split(";")[0].strip().lower()[:2]
        if language in {"fr", "en"}:
            return language
    return "fr"


def trace_id_of(request: Request[Any, Any, Any]) -> str:
    """Return the request's trace, made by the outermost layer."""
    return request.scope.get("guichet_trace_id", "")  # pyright: ignore[reportReturnType]


JSON: Final = MediaType.JSON
