"""Single sign-on by OpenID Connect: authorisation code with PKCE, state and nonce. It finds agents and never makes one.

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; RFC 7636 for PKCE; RFC 8176 for `amr`.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg
import structlog

from core.contracts.access import FinishSignOn, LogInOutcome, SessionOpened, SignOnOffered, SignOnStarted
from core.contracts.listing import Nothing
from core.contracts.refusals import NotFound, Refused
from core.identity.access import store
from core.identity.access.errors import SignOnRefused
from core.identity.access.logging_in import LogInHandlers
from core.identity.access.opening import TOKEN_BYTES, open_session
from core.identity.access.provider import IdentityProvider, ProviderFailed
from core.identity.access.rules import SIGN_ON_LIFE
from core.identity.access.settings import AccessSettings
from core.identity.access.throttle import count_attempt, forget_attempt
from core.identity.rules import FAILURES_PER_IP_MAX
from core.identity.views import hash_of_token
from core.values.clock import Clock

SIGN_ONS_WAITING_MAX: Final = 20_000
RETURN_PATH: Final = "/login/sign-on/back"
_SCOPE: Final = "openid email"

_log = structlog.get_logger("core.identity")


class SignOnHandlers:
    """Operations of single sign-on; without an identity provider there is none."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        settings: AccessSettings,
        log_ins: LogInHandlers[SessionOpened],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._log_ins = log_ins
        self._return_to = f"{settings.portal_url}{RETURN_PATH}"
        self._provider = None if settings.sign_on is None else IdentityProvider(settings.sign_on)

    async def offered(self, _request: Nothing) -> SignOnOffered:
        """Say whether there is single sign-on."""
        return SignOnOffered(None if self._provider is None else self._provider.settings.name)

    async def start_sign_on(self, _request: Nothing) -> SignOnStarted:
        """Return where the browser goes. Raises: NotFound, SignOnRefused when the provider does not answer."""
        provider = self._require()
        now = self._clock.now()
        state, nonce, verifier = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(3))
        try:
            endpoint = await provider.authorization_endpoint()
        except ProviderFailed as failed:
            raise _refused(str(failed)) from failed
        kept = await store.add_sign_on(
            self._pool,
            state_hash=hash_of_token(state),
            nonce=nonce,
            code_verifier=verifier,
            now=now,
            expires_at=now + SIGN_ON_LIFE,
            waiting_max=SIGN_ONS_WAITING_MAX,
        )
        if not kept:
            raise Refused("system_busy", {"retry_after_s": 60})
        asked = {
            "response_type": "code",
            "client_id": provider.settings.client_id,
            "redirect_uri": self._return_to,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return SignOnStarted(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state)

    async def finish_sign_on(self, request: FinishSignOn) -> LogInOutcome[SessionOpened]:
        """Turn the provider's answer into a session, or into a second step when the provider asked for one factor only.

        Raises: NotFound, SignOnRefused, TooManyAttempts.
        """
        provider = self._require()
        now = self._clock.now()
        bounds = {f"ip:{request.ip}": FAILURES_PER_IP_MAX}
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        asked = await store.take_sign_on(self._pool, hash_of_token(request.state), now)
        if asked is None:
            raise _refused("unknown state")
        nonce, verifier = asked
        try:
            claims = await provider.claims_of(
                code=request.code, verifier=verifier, return_to=self._return_to, nonce=nonce, now=now
            )
        except ProviderFailed as failed:
            raise _refused(str(failed)) from failed
        email = str(claims.get("email", "")).strip().lower()
        # An address that the provider did not verify may be one that somebody merely typed.
        if not email or claims.get("email_verified") is not True:
            raise _refused("no verified e-mail")
        agent_id = await store.find_agent_by_email(self._pool, email)
        if agent_id is None:
            raise _refused("nobody with this e-mail")
        await forget_attempt(self._pool, bounds, at=now)
        arrival = await self._log_ins.arrival(request, agent_id, now)
        if not _had_two_factors(claims):
            return await self._log_ins.after_first_factor(agent_id, "single_sign_on", arrival, now)
        async with self._pool.acquire() as connection, connection.transaction():
            opened = await open_session(
                connection,
                self._log_ins.realm,
                agent_id,
                arrival=arrival,
                factor="single_sign_on with two factors",
                now=now,
            )
        return LogInOutcome(session=opened)

    def _require(self) -> IdentityProvider:
        if self._provider is None:
            raise NotFound
        return self._provider


def _refused(why: str) -> SignOnRefused:
    _log.warning("sign_on_refused", why=why)
    return SignOnRefused()


def _challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _had_two_factors(claims: dict[str, Any]) -> bool:
    methods = claims.get("amr")
    return isinstance(methods, list) and "mfa" in methods
