"""The gateway's API as an agent of the demonstration: what commands that act on the running copy go through."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from core.values.bilingual import Language
from deploy.cli.common import Common
from deploy.local.errors import LocalError
from deploy.local.secret_files import write_private
from deploy.sandbox.demonstration.access import demonstration_code

AGENT: Final = "admin@guichet.example"
"""May pause the daily run and move the test clock."""

_SESSIONS: Final = "command-sessions.json"
_TIMEOUT_S: Final = 30.0
_AHEAD: Final = (0, 1)
"""A code works once: where somebody has just used that of now, the next one is taken already."""

# Never used, since the gateway is on loopback; without it each client reads the machine's authorities anew.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class AgentApi:
    """Calls with a session; a refusal is an error that says it in the words of the API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **parameters: str) -> Any:
        """Return an answer. Raises: LocalError."""
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Act, once whatever is sent again. Raises: LocalError."""
        return await self._ask("POST", path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        try:
            answer = await self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise LocalError("api-silent", error=type(error).__name__) from error
        if answer.is_success:
            return answer.json()
        raise LocalError("api-refused", said=_said(answer))


@asynccontextmanager
async def agent_api(common: Common, agent: str = AGENT) -> AsyncIterator[AgentApi]:
    """Open the API of the copy that runs on --data. Raises: NotRunning, LocalError."""
    port = common.running().ports["gateway"]
    kept = common.data / "secrets"
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        verify=_NO_TLS,
        trust_env=False,
        timeout=_TIMEOUT_S,
        headers={"Accept-Language": common.spoken},
    ) as client:
        await log_in(client, kept, agent.strip().lower(), common.spoken)
        yield AgentApi(client)


async def log_in(client: httpx.AsyncClient, folder: Path, agent: str, spoken: Language) -> None:
    """Give the client a session: the one that an earlier command opened, as long as it is good. Raises: LocalError."""
    try:
        password = (folder / "demo-password").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LocalError("no-demonstration", data=folder.parent) from error
    file = folder / _SESSIONS
    kept = _kept(file)
    try:
        if (token := kept.get(agent)) and await _is_good(client, token):
            client.headers["Authorization"] = f"Bearer {token}"
            return
        answer = await _open(client, agent, password)
    except httpx.HTTPError as error:
        raise LocalError("api-silent", error=type(error).__name__) from error
    if answer.status_code != httpx.codes.CREATED:
        raise LocalError("agent-refused", agent=agent, said=_said(answer))
    token = answer.json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    client.headers["Accept-Language"] = spoken
    write_private(file, json.dumps({**kept, agent: token}), durable=False)


def _kept(file: Path) -> dict[str, str]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


async def _is_good(client: httpx.AsyncClient, token: str) -> bool:
    answer = await client.get("/v1/sessions/current", headers={"Authorization": f"Bearer {token}"})
    return answer.is_success


async def _open(client: httpx.AsyncClient, agent: str, password: str) -> httpx.Response:
    answer = httpx.Response(httpx.codes.UNAUTHORIZED)
    for ahead in _AHEAD:
        code = demonstration_code(password, agent, ahead=ahead)
        answer = await client.post("/v1/sessions", json={"email": agent, "password": password, "code": code})
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            break
    return answer


def _said(answer: httpx.Response) -> str:
    """Return a problem in its own words: its fields at fault as well."""
    try:
        problem = answer.json()
        parts = [problem["detail"], *(f"{each['field']}: {each['detail']}" for each in problem["errors"])]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
    # What stands behind a semicolon of an error is what to do about it.
    return " ".join(parts).replace(";", ",").rstrip(".")
