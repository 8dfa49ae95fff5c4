"""Pages between a merchant and the issuer: on to the challenge, and back from it; and what the issuer says beside."""

import re
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State

from core.contracts.cards import AuthenticationId, Challenge, Returned, ReturnTaken
from core.values.ids import IdMalformed
from core.values.web_pages import with_parameter
from edge.cards.answers import Parts, form_of, page_answer, told
from edge.cards.issuers import WordRefused, challenge_request
from edge.cards.pages import challenge_page
from observability.metrics import FRAME_RETURNS

_NAME: Final = re.compile(AuthenticationId.pattern())


class Results(msgspec.Struct):
    """What an issuer posts from server to server."""

    result: str


@get("/authentications/{name:str}")
async def go_to_issuer(name: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Lead a holder on to the issuer's page; one that was decided meanwhile is led back."""
    challenge = await _challenge(state.parts, name)
    match challenge.state:
        case "challenged":
            page, policy = challenge_page(challenge, challenge_request(name, challenge.acs_id))
            return page_answer(page, policy, status=200)
        case "unknown" | "asked":
            return told(request, "unknown")
        case _:
            return _back(challenge.return_url, name)


@post("/authentications/{name:str}/return")
async def come_back(name: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Take the issuer's word that a browser brings back, and lead it on to the merchant."""
    parts: Parts = state.parts
    form = await form_of(request)
    word = parts.issuers.read_word(form.get("cres", ""), "browser")
    if AuthenticationId(word.id).text != name:
        raise WordRefused
    taken = await _take(parts, word)
    if taken.outcome == "unknown":
        return told(request, "unknown")
    return _back(taken.return_url, name)


@post("/results", status_code=200)
async def take_results(request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Take the issuer's word from server to server (RReq), and answer that it was taken (RRes)."""
    parts: Parts = state.parts
    try:
        sent = msgspec.json.decode(await request.body(), type=Results)
    except msgspec.DecodeError as error:
        raise WordRefused from error
    taken = await _take(parts, parts.issuers.read_word(sent.result, "server"))
    if taken.outcome == "unknown":
        return Response({"messageType": "Erro", "errorCode": "301"}, status_code=404)
    return Response({"messageType": "RRes", "resultsStatus": "01"}, status_code=200)


async def _take(parts: Parts, word: Returned) -> ReturnTaken:
    taken = await parts.desk.returned(word)
    FRAME_RETURNS.child(word.path, taken.outcome).n += 1
    return taken


async def _challenge(parts: Parts, name: str) -> Challenge:
    if _NAME.fullmatch(name) is None:
        return Challenge("unknown")
    try:
        return await parts.desk.challenge(AuthenticationId.read(name))
    except IdMalformed:
        return Challenge("unknown")


def _back(return_url: str, name: str) -> Response[Any]:
    return Response(
        "", status_code=303, headers={"location": with_parameter(return_url, "authentication", name)}
    )
