"""Log in, in two steps: e-mail and password, then a second factor."""

import secrets
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
import structlog
from webauthn import generate_authentication_options, options_to_json
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from core.contracts.access import AnswerFactor, ByPending, LogIn, LogInOutcome, PasskeyOptions, SessionOpened
from core.identity import store as sessions
from core.identity.access import store
from core.identity.access.errors import FactorRefused, PendingEnded
from core.identity.access.model import Arrival, PendingLogIn
from core.identity.access.opening import ask_second_factor, open_session, standing
from core.identity.access.passwords import Passwords
from core.identity.access.proving import prove_code, prove_passkey, prove_recovery_code
from core.identity.access.rules import FAILURES_PER_FACTOR_MAX
from core.identity.access.settings import AccessSettings
from core.identity.access.throttle import Bounds, count_attempt, forget_attempt
from core.identity.errors import InvalidCredentials
from core.identity.rules import FAILURES_PER_EMAIL_MAX, FAILURES_PER_IP_MAX
from core.identity.views import hash_of_token
from core.values.clock import Clock

_CHALLENGE_BYTES: Final = 32

_log = structlog.get_logger("core.identity")


class LogInHandlers:
    """Operations of those who have no session yet."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, passwords: Passwords, settings: AccessSettings
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._passwords = passwords
        self._settings = settings

    async def log_in(self, request: LogIn) -> LogInOutcome:
        """Take the first step, and the second with it when a code came along.

        An agent without a second factor gets a session that may only add one.
        Raises: InvalidCredentials, FactorRefused, TooManyAttempts.
        """
        now = self._clock.now()
        email = request.email.strip().lower()
        arrival = await self._arrival(request, email, now)
        bounds: Bounds = {f"email:{email}": FAILURES_PER_EMAIL_MAX, f"ip:{request.ip}": FAILURES_PER_IP_MAX}
        if arrival.device_hash is not None:
            # A stranger's guesses fill the bounds above and do not keep the agent's own browser out.
            bounds = {f"device:{arrival.device_hash.hex()}": FAILURES_PER_EMAIL_MAX}
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        credential = await sessions.find_credential(self._pool, email)
        encoded = None if credential is None else credential.password_hash
        right = await self._passwords.is_right(encoded, request.password)
        if credential is None or not right or credential.disabled_at is not None:
            _log.warning("log_in_refused", ip=request.ip, known=credential is not None)
            raise InvalidCredentials
        async with self._pool.acquire() as connection, connection.transaction():
            await forget_attempt(connection, bounds, at=now)
        if request.code:
            return LogInOutcome(
                session=await self._with_code(credential.agent_id, request.code, arrival, now)
            )
        return await self.after_first_factor(credential.agent_id, "password", arrival, now)

    async def after_first_factor(
        self, agent_id: bytes, first_factor: str, arrival: Arrival, now: datetime
    ) -> LogInOutcome:
        """Ask for the second factor, or let somebody who has none add one."""
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await store.list_factors(connection, agent_id))
            if factors:
                return await ask_second_factor(
                    connection, agent_id, factors, first_factor=first_factor, arrival=arrival, now=now
                )
            opened = await open_session(
                connection, agent_id, arrival=arrival, factor="none yet", now=now, enrolling=True
            )
        return LogInOutcome(session=opened)

    async def answer_factor(self, request: AnswerFactor) -> SessionOpened:
        """Take the second step. Raises: PendingEnded, FactorRefused, TooManyAttempts."""
        now = self._clock.now()
        pending = await self._pending(request.pending, now)
        bounds = _factor_bounds(pending.agent_id, pending.arrival.device_hash)
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        # A refusal is decided inside and raised outside: what an attempt used up stays used.
        async with self._pool.acquire() as connection, connection.transaction():
            proved = await self._proved(connection, pending, request, now)
            opened = None
            if proved is not None:
                if not await store.use_pending(connection, pending.token_hash, now):
                    raise PendingEnded
                await forget_attempt(connection, bounds, at=now)
                opened = await open_session(
                    connection,
                    pending.agent_id,
                    arrival=pending.arrival,
                    factor=f"{pending.first_factor} and {proved}",
                    now=now,
                )
        if opened is None:
            _log.warning("second_factor_refused", ip=request.ip, agent=pending.agent_id.hex())
            raise FactorRefused
        return opened

    async def factor_challenge(self, request: ByPending) -> PasskeyOptions:
        """Return what a passkey must sign. Raises: PendingEnded, FactorRefused when the agent has no passkey."""
        now = self._clock.now()
        pending = await self._pending(request.pending, now)
        factors = standing(await store.list_factors(self._pool, pending.agent_id))
        known = [factor.credential_id for factor in factors if factor.credential_id is not None]
        if not known:
            raise FactorRefused
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        await store.put_pending_challenge(self._pool, pending.token_hash, challenge)
        options = generate_authentication_options(
            rp_id=self._settings.relying_party,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return PasskeyOptions(msgspec.json.decode(options_to_json(options)))

    async def _with_code(self, agent_id: bytes, code: str, arrival: Arrival, now: datetime) -> SessionOpened:
        bounds = _factor_bounds(agent_id, arrival.device_hash)
        await count_attempt(self._pool, bounds, now=now, ip=arrival.ip)
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await store.list_factors(connection, agent_id))
            if not await prove_code(connection, self._settings, factors, code, now=now):
                _log.warning("second_factor_refused", ip=arrival.ip, agent=agent_id.hex())
                raise FactorRefused
            await forget_attempt(connection, bounds, at=now)
            return await open_session(
                connection, agent_id, arrival=arrival, factor="password and totp", now=now
            )

    async def _proved(
        self, connection: sessions.Connection, pending: PendingLogIn, request: AnswerFactor, now: datetime
    ) -> str | None:
        """Return the kind of factor that was proved."""
        factors = standing(await store.list_factors(connection, pending.agent_id))
        if request.passkey:
            right = await prove_passkey(
                connection, self._settings, factors, pending, request.passkey, now=now
            )
            return "passkey" if right else None
        if request.recovery_code:
            right = await prove_recovery_code(
                connection, self._settings, pending.agent_id, request.recovery_code, now=now
            )
            return "recovery code" if right else None
        right = await prove_code(connection, self._settings, factors, request.code, now=now)
        return "totp" if right else None

    async def _pending(self, token: str, now: datetime) -> PendingLogIn:
        pending = await store.find_pending(self._pool, hash_of_token(token), now)
        if pending is None:
            raise PendingEnded
        return pending

    async def _arrival(self, request: LogIn, email: str, now: datetime) -> Arrival:
        device_hash = None
        if request.device:
            device_hash = await store.find_device(
                self._pool, hash_of_token(request.device), email=email, now=now
            )
        return Arrival(request.ip, request.user_agent, device_hash, request.device is not None)


def _factor_bounds(agent_id: bytes, device_hash: bytes | None) -> Bounds:
    if device_hash is not None:
        return {f"factor-device:{device_hash.hex()}": FAILURES_PER_FACTOR_MAX}
    return {f"factor:{agent_id.hex()}": FAILURES_PER_FACTOR_MAX}
