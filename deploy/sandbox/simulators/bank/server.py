"""The bank's addresses: what the scheme's directory asks, the holder's page, and controls for tests and programs."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Literal
from urllib.parse import parse_qs

import httpx
import msgspec

from deploy.sandbox.simulators.bank.issuer import Asked, Challenge, Issuer, read_challenge_request
from deploy.sandbox.simulators.bank.pages import (
    HTML,
    SCRIPT,
    STYLE,
    back_page,
    challenge_page,
    unknown_page,
)
from observability.small_http import Request, Response, problem

SILENCE_S: Final = 60.0
RESULT_TRIES: Final = 5
RESULT_TIMEOUT_S: Final = 5.0
_PAGE_HEADERS: Final = (
    ("content-security-policy", "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
_ENDINGS: Final = ("approve", "fail", "cancel")


class Bank:
    """Answers requests. `results_times`: how often each word goes from server to server, for tests of repeats."""

    def __init__(self, issuer: Issuer, client: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._client = client
        self._telling: set[asyncio.Task[None]] = set()
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("POST", "/areq"): self._areq,
            ("POST", "/challenge"): self._challenge,
            ("POST", "/answer"): self._answer,
            ("GET", "/bank.css"): lambda _: Response(200, STYLE, "text/css; charset=utf-8"),
            ("GET", "/back.js"): lambda _: Response(200, SCRIPT, "text/javascript; charset=utf-8"),
            ("GET", "/control/challenges"): self._list,
            ("POST", "/control/answer"): self._control,
        }

    async def __call__(self, request: Request) -> Response:
        """Handler of the small server."""
        if request.path.startswith("/health/"):
            return Response(200, {"status": "ready"})
        handle = self._routes.get((request.method, request.path))
        if handle is None:
            return _page(unknown_page(), status=404)
        answer = handle(request)
        return answer if isinstance(answer, Response) else await answer

    async def _areq(self, request: Request) -> Response:
        try:
            asked = msgspec.json.decode(request.body, type=Asked)
            if self._issuer.behaviour_of(asked.pan) == "silent":
                await asyncio.sleep(SILENCE_S)
                return Response(504, {})
            return Response(200, self._issuer.answer(asked))
        except (msgspec.DecodeError, ValueError):
            return Response(400, {"messageType": "Erro", "errorCode": "203"})

    def _challenge(self, request: Request) -> Response:
        try:
            acs_id, server_id = read_challenge_request(_form(request).get("creq", ""))
        except ValueError:
            return _page(unknown_page(), status=400)
        challenge = self._issuer.find(acs_id, server_id)
        return _page(unknown_page(), status=404) if challenge is None else _shown(challenge, is_wrong=False)

    def _answer(self, request: Request) -> Response:
        form = _form(request)
        challenge = self._issuer.find(form.get("acs", ""))
        if challenge is None:
            return _page(unknown_page(), status=404)
        is_first = not challenge.is_over
        match form.get("do"):
            case "cancel":
                self._issuer.end(challenge, "cancel")
            case "fail":
                self._issuer.end(challenge, "fail")
            case _:
                self._issuer.try_code(challenge, form.get("code", ""))
        if challenge.is_over and is_first:
            # At the same instant as the browser goes back: whoever listens must take the two in any order.
            self._tell(challenge)
        return _shown(challenge, is_wrong=not challenge.is_over)

    def _list(self, _request: Request) -> Response:
        return Response(
            200,
            [
                {
                    "acs": each.acs_id,
                    "authentication": each.server_id,
                    "last_four": each.last_four,
                    "code": each.code,
                    "is_over": each.is_over,
                }
                for each in self._issuer.challenges.values()
            ],
        )

    def _control(self, request: Request) -> Response:
        """End a challenge without its page: {"authentication": "aut_…", "how": "approve"}."""
        try:
            asked = msgspec.json.decode(request.body, type=dict[str, str])
        except msgspec.DecodeError:
            return problem(400, "malformed", "a JSON object of texts")
        name, how = asked.get("authentication", ""), asked.get("how", "approve")
        challenge = next((each for each in self._issuer.challenges.values() if each.server_id == name), None)
        if challenge is None or how not in _ENDINGS:
            return problem(404, "not_found", "No such challenge, or no such end: approve, fail, cancel.")
        ending: Literal["approve", "fail", "cancel"] = how
        if not challenge.is_over:
            self._issuer.end(challenge, ending)
            self._tell(challenge)
        return Response(200, {"cres": challenge.signed, "notification_url": challenge.notification_url})

    def _tell(self, challenge: Challenge) -> None:
        task = asyncio.create_task(self._tell_results(challenge))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_results(self, challenge: Challenge) -> None:
        for again_after_s in range(1, RESULT_TRIES + 1):
            try:
                answer = await self._client.post(
                    challenge.results_url, json={"result": challenge.signed_result}, timeout=RESULT_TIMEOUT_S
                )
                if answer.status_code < 500:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(again_after_s)


def _form(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.body.decode(), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _shown(challenge: Challenge, *, is_wrong: bool) -> Response:
    return _page(back_page(challenge) if challenge.is_over else challenge_page(challenge, is_wrong=is_wrong))


def _page(content: bytes, *, status: int = 200) -> Response:
    return Response(status, content, HTML, _PAGE_HEADERS)
