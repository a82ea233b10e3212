"""Bearer tokens: who asks is read from a signed JWT, and what they may do from the roles in it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

import jwt
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.params import Depends
from fastapi.security.base import SecurityBase
from jwt import PyJWK, PyJWKClient, PyJWKSet, PyJWTError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import Forbidden, OrderloopError, Unavailable
from contracts.ids import CustomerId
from contracts.text import fault_in
from kit import context
from kit.errors import TokenExpired, TokenInvalid, Unauthenticated
from kit.principal import ADMIN, CUSTOMER, ROLES, STAFF, Principal
from kit.problems import response_to

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Signatures only: with a shared secret whoever can check a token could also make one."""

LEEWAY_SECONDS = 30
REMEMBERED_TOKENS = 4096
LONGEST_TOKEN = 8192
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_UNTIL_STALE = 300.0
SECONDS_BETWEEN_FETCHES = 30.0
SECONDS_AFTER_A_FAULT = 5.0

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs", "/redoc"})
OPEN_FOLDERS = ("/docs/", "/redoc/")


class Keys(Protocol):
    """Where the public keys come from."""

    async def key(self, kid: str | None) -> PyJWK:
        """The key of this id. TokenInvalid when there is none, Unavailable when the keys cannot be read now."""
        ...

    def changed(self) -> bool:
        """Whether a key may have been withdrawn since this was last asked."""
        ...


class KeysInFile:
    """A JWKS file, read again when it has changed; it is looked at once a second at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: list[PyJWK] = []
        self._read_at = -1
        self._look_at = 0.0

    async def key(self, kid: str | None) -> PyJWK:
        _ = self.changed()
        if self._read_at < 0:
            raise _keys_unavailable()
        return _key_of(self._keys, kid)

    def changed(self) -> bool:
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + SECONDS_BETWEEN_LOOKS
        try:
            modified = self._path.stat().st_mtime_ns
            if modified == self._read_at:
                return False
            self._keys = PyJWKSet.from_json(self._path.read_text()).keys
            self._read_at = modified
            return True
        except (OSError, ValueError, PyJWTError):
            log.exception("the JWKS file %s cannot be read; the keys read before stay in use", self._path)
            self._look_at = 0.0 if self._read_at < 0 else self._look_at
            return False


class KeysAtUrl:
    """A JWKS over HTTP, fetched every five minutes; an unknown key id fetches it too, once in thirty seconds at most.

    While the issuer does not answer, the keys fetched before stay in use and it is asked every five seconds.
    """

    def __init__(self, url: str) -> None:
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=5)
        self._keys: list[PyJWK] = []
        self._one_at_a_time = asyncio.Lock()
        self._stale_at = 0.0
        self._ask_at = 0.0

    async def key(self, kid: str | None) -> PyJWK:
        known = kid is None or any(key.key_id == kid for key in self._keys)
        if not known or time.monotonic() >= self._stale_at:
            await self._fetch()
        if not self._keys:
            raise _keys_unavailable()
        return _key_of(self._keys, kid)

    async def _fetch(self) -> None:
        async with self._one_at_a_time:
            if time.monotonic() < self._ask_at:
                return
            try:
                self._keys = (await asyncio.to_thread(self._client.get_jwk_set)).keys
                self._stale_at = time.monotonic() + SECONDS_UNTIL_STALE
                self._ask_at = time.monotonic() + SECONDS_BETWEEN_FETCHES
            except (PyJWTError, ValueError) as error:
                log.warning("the JWKS cannot be fetched: %s", error)
                self._ask_at = time.monotonic() + SECONDS_AFTER_A_FAULT

    def changed(self) -> bool:
        return False


class VerifiedTokens:
    """Tokens whose signature was checked, by their text, until they expire; the longest unused one goes first."""

    def __init__(self, most: int = REMEMBERED_TOKENS, clock: Callable[[], float] = time.time) -> None:
        self._most = most
        self._clock = clock
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    def find(self, token: str) -> Principal | None:
        known = self._known.get(token)
        if known is None:
            return None
        if known[1] <= self._clock():
            del self._known[token]
            return None
        self._known.move_to_end(token)
        return known[0]

    def remember(self, token: str, principal: Principal, until: float) -> None:
        self._known[token] = (principal, until)
        if len(self._known) > self._most:
            _ = self._known.popitem(last=False)

    def forget_all(self) -> None:
        self._known.clear()


class Authenticator:
    """Turns an Authorization header into a Principal.

    `jwks` is a file path or an http(s) URL. The actor is the token's `sub`; `roles_claim` may lead into nested
    objects with dots (`realm_access.roles`); roles that are not ours are passed over.
    """

    def __init__(
        self,
        *,
        jwks: str,
        issuer: str,
        audience: str,
        roles_claim: str = "roles",
        customer_claim: str = "customer_id",
    ) -> None:
        self._keys: Keys = KeysAtUrl(jwks) if jwks.startswith(("http://", "https://")) else KeysInFile(Path(jwks))
        self._issuer = issuer
        self._audience = audience
        self._roles_claim = roles_claim.split(".")
        self._customer_claim = customer_claim
        self._verified = VerifiedTokens()

    async def __call__(self, authorization: str | None) -> Principal:
        token = _bearer(authorization)
        if self._keys.changed():
            self._verified.forget_all()
        known = self._verified.find(token)
        if known is not None:
            return known
        claims = await self._claims(token)
        principal = self._principal(claims)
        self._verified.remember(token, principal, float(claims["exp"]) + LEEWAY_SECONDS)
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = await self._keys.key(jwt.get_unverified_header(token).get("kid"))
            if key.algorithm_name not in ALGORITHMS:
                raise _signed_by_a_stranger()
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("the token has expired; get a new one and send the request again") from error
        except PyJWTError as error:
            raise TokenInvalid(f"the token is not accepted: {error}") from error

    def _principal(self, claims: dict[str, Any]) -> Principal:
        found: object = claims
        for name in self._roles_claim:
            found = cast("dict[str, object]", found).get(name) if isinstance(found, dict) else None
        named = cast("list[object]", found) if isinstance(found, list) else []
        roles = frozenset(role for role in named if isinstance(role, str)) & ROLES
        actor = str(claims["sub"])
        if (fault := fault_in(actor)) is not None:
            raise TokenInvalid(f"the token's sub cannot be an actor: {fault}")
        return Principal(actor, roles, self._customer_id(claims) if CUSTOMER in roles else None)

    def _customer_id(self, claims: dict[str, Any]) -> CustomerId:
        try:
            return CustomerId(UUID(str(claims.get(self._customer_claim))))
        except ValueError as error:
            raise TokenInvalid(f"a customer's token must carry its customer in {self._customer_claim}") from error


class RequireToken:
    """Lets requests with a valid token through, with their principal in `kit.context`; health and docs need none."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticate = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_open(scope):
            await self._app(scope, receive, send)
            return
        try:
            principal = await self._authenticate(Headers(scope=scope).get("authorization"))
        except OrderloopError as error:
            await _turn_away(error, scope, receive, send)
            return
        token = context.principal.set(principal)
        try:
            await self._app(scope, receive, send)
        finally:
            context.principal.reset(token)


async def _turn_away(error: OrderloopError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await response_to(error, scope)(scope, receive, send)


class _Requires(SecurityBase):
    """One dependency that both shows the scheme `bearer` in OpenAPI and checks the roles."""

    def __init__(self, roles: frozenset[str]) -> None:
        self.model = HTTPBearerModel(bearerFormat="JWT")
        self.scheme_name = "bearer"
        self._roles = roles

    async def __call__(self) -> Principal:
        return allowed(self._roles)


def allowed(roles: frozenset[str]) -> Principal:
    """Who asks, when it is one with one of these roles, or admin. Raises Unauthenticated, Forbidden."""
    principal = context.principal.get()
    if principal is None:
        raise Unauthenticated("send the header Authorization: Bearer <token>")
    if not principal.may(roles):
        raise Forbidden(f"this takes one of the roles: {', '.join(sorted(roles | {ADMIN}))}")
    return principal


def requires(*roles: str) -> Depends:
    """A dependency for those with one of these roles, and for admin: `who: Annotated[Principal, requires("sales")]`.

    A customer passes only where "customer" is named.
    """
    unknown = frozenset(roles) - ROLES
    if unknown:
        raise ValueError(f"there is no role {', '.join(sorted(unknown))}; there are {', '.join(sorted(ROLES))}")
    return Depends(_Requires(frozenset(roles)))


def reads() -> Depends:
    """A dependency for any of the staff."""
    return requires(*STAFF)


def _is_open(scope: Scope) -> bool:
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the header Authorization: Bearer <token>")
    if len(token) > LONGEST_TOKEN:
        raise TokenInvalid(f"a token has {LONGEST_TOKEN} characters at most")
    return token


def _key_of(keys: list[PyJWK], kid: str | None) -> PyJWK:
    """The key with this id; a token without one is fine where there is but one key."""
    found = [key for key in keys if kid is None or key.key_id == kid]
    if len(found) != 1:
        raise _signed_by_a_stranger()
    return found[0]


def _keys_unavailable() -> Unavailable:
    return Unavailable("the keys that tokens are checked with cannot be read at the moment; try again")


def _signed_by_a_stranger() -> TokenInvalid:
    return TokenInvalid("the token is not signed by a key of the issuer; get a new one")
