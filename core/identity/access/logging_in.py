"""Log in, in two steps: e-mail and password, then a second factor."""

import secrets
from datetime import datetime
from typing import Final, Generic

import asyncpg
import msgspec
import structlog
from webauthn import generate_authentication_options, options_to_json
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from core.contracts.access import AnswerFactor, ByPending, FinishSignOn, LogIn, LogInOutcome, PasskeyOptions
from core.db.rows import Connection
from core.identity.access.errors import FactorRefused, PendingEnded
from core.identity.access.model import Arrival, PendingLogIn
from core.identity.access.opening import ask_second_factor, open_session, standing
from core.identity.access.passwords import Passwords
from core.identity.access.proving import prove_code, prove_passkey, prove_recovery_code
from core.identity.access.rules import FAILURES_PER_FACTOR_MAX
from core.identity.access.throttle import Bounds, count_attempt, forget_attempt
from core.identity.errors import InvalidCredentials
from core.identity.realm import Realm, Told
from core.identity.rules import FAILURES_PER_EMAIL_MAX, FAILURES_PER_IP_MAX
from core.identity.views import hash_of_token
from core.values.clock import Clock

_CHALLENGE_BYTES: Final = 32

_log = structlog.get_logger("core.identity")


class LogInHandlers(Generic[Told]):
    """Operations of those who have no session yet."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, passwords: Passwords, realm: Realm[Told]) -> None:
        self._pool = pool
        self._clock = clock
        self._passwords = passwords
        self.realm: Final = realm

    async def log_in(self, request: LogIn) -> LogInOutcome[Told]:
        """Take the first step, and the second with it when a code came along.

        Where a second factor is needed, somebody without one gets a session that may only add it.
        Raises: InvalidCredentials, FactorRefused, TooManyAttempts.
        """
        now = self._clock.now()
        email = request.email.strip().lower()
        realm = self.realm
        credential = await realm.find_credential(self._pool, email)
        arrival = await self.arrival(request, None if credential is None else credential.person_id, now)
        bounds: Bounds = {
            realm.subject("email", email): FAILURES_PER_EMAIL_MAX,
            realm.subject("ip", request.ip): FAILURES_PER_IP_MAX,
        }
        if arrival.device_hash is not None:
            # A stranger's guesses fill the bounds above and do not keep their own browser out.
            bounds = {realm.subject("device", arrival.device_hash): FAILURES_PER_EMAIL_MAX}
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        encoded = None if credential is None else credential.password_hash
        right = await self._passwords.is_right(encoded, request.password)
        if credential is None or not right or credential.disabled_at is not None:
            _log.warning("log_in_refused", ip=request.ip, known=credential is not None)
            raise InvalidCredentials
        async with self._pool.acquire() as connection, connection.transaction():
            await forget_attempt(connection, bounds, at=now)
        if request.code:
            return LogInOutcome(
                session=await self._with_code(credential.person_id, request.code, arrival, now)
            )
        return await self.after_first_factor(credential.person_id, "password", arrival, now)

    async def after_first_factor(
        self, person_id: bytes, first_factor: str, arrival: Arrival, now: datetime
    ) -> LogInOutcome[Told]:
        """Ask for the second factor. Where one is needed, let somebody who has none add it; else that was all."""
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await self.realm.people.list_factors(connection, person_id))
            if factors:
                needed = await ask_second_factor(
                    connection,
                    self.realm,
                    person_id,
                    factors,
                    first_factor=first_factor,
                    arrival=arrival,
                    now=now,
                )
                return LogInOutcome(second_factor=needed)
            enrolling = self.realm.needs_second_factor
            opened = await open_session(
                connection,
                self.realm,
                person_id,
                arrival=arrival,
                factor="none yet" if enrolling else first_factor,
                now=now,
                enrolling=enrolling,
            )
        return LogInOutcome(session=opened)

    async def answer_factor(self, request: AnswerFactor) -> Told:
        """Take the second step. Raises: PendingEnded, FactorRefused, TooManyAttempts."""
        now = self._clock.now()
        pending = await self._pending(request.pending, now)
        bounds = self._factor_bounds(pending.person_id, pending.arrival.device_hash)
        await count_attempt(self._pool, bounds, now=now, ip=request.ip)
        # A refusal is decided inside and raised outside: what an attempt used up stays used.
        async with self._pool.acquire() as connection, connection.transaction():
            proved = await self._proved(connection, pending, request, now)
            opened = None
            if proved is not None:
                if not await self.realm.people.use_pending(connection, pending.token_hash, now):
                    raise PendingEnded
                await forget_attempt(connection, bounds, at=now)
                opened = await open_session(
                    connection,
                    self.realm,
                    pending.person_id,
                    arrival=pending.arrival,
                    factor=f"{pending.first_factor} and {proved}",
                    now=now,
                )
        if opened is None:
            _log.warning("second_factor_refused", ip=request.ip, person=pending.person_id.hex())
            raise FactorRefused
        return opened

    async def factor_challenge(self, request: ByPending) -> PasskeyOptions:
        """Return what a passkey must sign. Raises: PendingEnded, FactorRefused when there is no passkey."""
        now = self._clock.now()
        pending = await self._pending(request.pending, now)
        factors = standing(await self.realm.people.list_factors(self._pool, pending.person_id))
        known = [factor.credential_id for factor in factors if factor.credential_id is not None]
        if not known:
            raise FactorRefused
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        await self.realm.people.put_pending_challenge(self._pool, pending.token_hash, challenge)
        options = generate_authentication_options(
            rp_id=self.realm.relying_party,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return PasskeyOptions(msgspec.json.decode(options_to_json(options)))

    async def _with_code(self, person_id: bytes, code: str, arrival: Arrival, now: datetime) -> Told:
        bounds = self._factor_bounds(person_id, arrival.device_hash)
        await count_attempt(self._pool, bounds, now=now, ip=arrival.ip)
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await self.realm.people.list_factors(connection, person_id))
            if not await prove_code(connection, self.realm, factors, code, now=now):
                _log.warning("second_factor_refused", ip=arrival.ip, person=person_id.hex())
                raise FactorRefused
            await forget_attempt(connection, bounds, at=now)
            return await open_session(
                connection, self.realm, person_id, arrival=arrival, factor="password and totp", now=now
            )

    async def _proved(
        self, connection: Connection, pending: PendingLogIn, request: AnswerFactor, now: datetime
    ) -> str | None:
        """Return the kind of factor that was proved."""
        factors = standing(await self.realm.people.list_factors(connection, pending.person_id))
        if request.passkey:
            right = await prove_passkey(connection, self.realm, factors, pending, request.passkey, now=now)
            return "passkey" if right else None
        if request.recovery_code:
            right = await prove_recovery_code(
                connection, self.realm, pending.person_id, request.recovery_code, now=now
            )
            return "recovery code" if right else None
        right = await prove_code(connection, self.realm, factors, request.code, now=now)
        return "totp" if right else None

    async def _pending(self, token: str, now: datetime) -> PendingLogIn:
        pending = await self.realm.people.find_pending(self._pool, hash_of_token(token), now)
        if pending is None:
            raise PendingEnded
        return pending

    async def arrival(self, request: LogIn | FinishSignOn, person_id: bytes | None, now: datetime) -> Arrival:
        """Return where a log in comes from; a device counts for whose it is known as."""
        device_hash = None
        if request.device and person_id is not None:
            device_hash = await self.realm.people.find_device(
                self._pool, hash_of_token(request.device), person_id=person_id, now=now
            )
        return Arrival(request.ip, request.user_agent, device_hash, request.device is not None)

    def _factor_bounds(self, person_id: bytes, device_hash: bytes | None) -> Bounds:
        if device_hash is not None:
            return {self.realm.subject("factor-device", device_hash): FAILURES_PER_FACTOR_MAX}
        return {self.realm.subject("factor", person_id): FAILURES_PER_FACTOR_MAX}
