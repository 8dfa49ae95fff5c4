"""The identity provider as it is asked: its description, its keys, its token endpoint, its signed claims."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.identity.access.settings import SignOnSettings

# No symmetric algorithm and no "none": only the provider can have signed.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
LEEWAY_S: Final = 60
TOKEN_AGE_MAX: Final = timedelta(minutes=10)
_TIMEOUT_S: Final = 5.0
_ANSWER_BYTES_MAX: Final = 256 * 1024
_LOOPBACKS: Final = ("localhost", "127.0.0.1", "::1")


class ProviderFailed(Exception):
    """The provider did not answer, or not with what it must; the message holds no secret."""


class Description(msgspec.Struct, frozen=True):
    """What we use of the provider's description of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    id_token: str


class IdentityProvider:
    """One for the process. Its description and its keys are kept; an unknown key has them asked for again."""

    def __init__(self, settings: SignOnSettings) -> None:
        self.settings = settings
        self._description: Description | None = None
        self._keys: KeySet | None = None
        self._asking = asyncio.Lock()

    async def authorization_endpoint(self) -> str:
        """Return where browsers are sent. Raises: ProviderFailed."""
        return (await self._describe()).authorization_endpoint

    async def claims_of(
        self, *, code: str, verifier: str, return_to: str, nonce: str, now: datetime
    ) -> dict[str, Any]:
        """Exchange a code for the claims of an id_token that is signed, ours, fresh, and answers our nonce.

        Raises: ProviderFailed.
        """
        description = await self._describe()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": verifier,
        }
        answer = await self._ask("POST", description.token_endpoint, form=form)
        try:
            token = msgspec.json.decode(answer, type=_Tokens).id_token
        except msgspec.MsgspecError as error:
            raise ProviderFailed("the token endpoint gave no id_token") from error
        try:
            claims = self._verified(token, await self._key_set())
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were read.
            self._keys = None
            try:
                claims = self._verified(token, await self._key_set())
            except (JoseError, ValueError) as error:
                raise ProviderFailed(f"the id_token is not signed: {type(error).__name__}") from error
        self._check(claims, nonce=nonce, now=now)
        return claims

    def _verified(self, token: str, keys: KeySet) -> dict[str, Any]:
        return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)

    def _check(self, claims: dict[str, Any], *, nonce: str, now: datetime) -> None:
        seconds = int(now.timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=seconds,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderFailed(f"the id_token is not for us: {error}"[:200]) from error
        audience = claims["aud"]
        meant_for_others = isinstance(audience, list) and len(audience) > 1
        if meant_for_others and claims.get("azp") != self.settings.client_id:
            raise ProviderFailed("the id_token is meant for another party")
        if seconds - int(claims["iat"]) > TOKEN_AGE_MAX.total_seconds():
            raise ProviderFailed("the id_token is old")

    async def _describe(self) -> Description:
        async with self._asking:
            if self._description is not None:
                return self._description
            answer = await self._ask("GET", f"{self.settings.issuer}/.well-known/openid-configuration")
            try:
                described = msgspec.json.decode(answer, type=Description)
            except msgspec.MsgspecError as error:
                raise ProviderFailed("the provider's description is malformed") from error
            if described.issuer.rstrip("/") != self.settings.issuer:
                raise ProviderFailed("the provider's description names another issuer")
            for address in (
                described.authorization_endpoint,
                described.token_endpoint,
                described.jwks_uri,
            ):
                _refuse_plain(address)
            self._description = described
            return described

    async def _key_set(self) -> KeySet:
        if self._keys is None:
            answer = await self._ask("GET", (await self._describe()).jwks_uri)
            try:
                self._keys = KeySet.import_key_set(msgspec.json.decode(answer))
            except (JoseError, ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
                raise ProviderFailed("the provider's keys are malformed") from error
        return self._keys

    async def _ask(self, method: str, address: str, *, form: dict[str, str] | None = None) -> bytes:
        who = None if form is None else httpx.BasicAuth(self.settings.client_id, self.settings.client_secret)
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
                client.stream(method, address, data=form, auth=who) as answer,
            ):
                content = b""
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > _ANSWER_BYTES_MAX:
                        raise ProviderFailed("the provider's answer is too long")
        except httpx.HTTPError as error:
            raise ProviderFailed(f"the provider does not answer: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise ProviderFailed(f"the provider answers {answer.status_code}")
        return content


def _refuse_plain(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACKS):
        raise ProviderFailed("the provider's description names an address without TLS")
