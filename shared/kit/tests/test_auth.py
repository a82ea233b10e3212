"""Who gets in, and what they may do. Keys and signatures are real."""

from __future__ import annotations

import base64
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from jwt.algorithms import get_default_algorithms
from starlette.types import Message

from contracts.errors import Unavailable
from contracts.ids import CustomerId, new_id
from kit import auth, context, docs, problems
from kit.auth import Authenticator, KeysInFile, RequireToken, VerifiedTokens, reads, requires
from kit.errors import TokenExpired, TokenInvalid, Unauthenticated
from kit.principal import STAFF, Principal, own_rows

NOW = int(time.time())


@dataclass
class Issuer:
    """Signs tokens and publishes its keys in a file, as an OIDC provider does at a URL."""

    file: Path
    keys: dict[str, tuple[Any, str]] = field(default_factory=dict[str, tuple[Any, str]])  # Any: three key classes

    def new_key(self, kid: str, algorithm: str = "ES256") -> None:
        makers = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        self.keys[kid] = (makers[algorithm](), algorithm)
        self.publish()

    def jwks(self) -> dict[str, Any]:
        return {
            "keys": [
                {**get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
                for kid, (key, algorithm) in self.keys.items()
            ]
        }

    def publish(self) -> None:
        before = self.file.stat().st_mtime_ns if self.file.exists() else 0
        _ = self.file.write_text(json.dumps(self.jwks()))
        os.utime(self.file, ns=(before + 1_000_000_000, before + 1_000_000_000))

    def token(self, *roles: str, kid: str = "one", **claims: Any) -> str:
        key, algorithm = self.keys[kid]
        payload = {
            "iss": "orderloop-local",
            "aud": "orderloop",
            "sub": "anna",
            "exp": NOW + 3600,
            "roles": list(roles),
            **claims,
        }
        present = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(present, key, algorithm, headers={"kid": kid})


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    made = Issuer(tmp_path / "jwks.json")
    made.new_key("one")
    return made


def an_authenticator(issuer: Issuer, **settings: Any) -> Authenticator:
    return Authenticator(**{"jwks": str(issuer.file), "issuer": "orderloop-local", "audience": "orderloop", **settings})


def looking_at_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "SECONDS_BETWEEN_LOOKS", 0.0)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
async def test_a_token_signed_by_the_issuer_names_actor_and_roles(issuer: Issuer, algorithm: str) -> None:
    issuer.new_key("two", algorithm)

    principal = await an_authenticator(issuer)(f"Bearer {issuer.token('sales', 'offline_access', kid='two')}")

    assert principal == Principal("anna", frozenset({"sales"}), None)


async def test_a_customers_token_carries_the_customer(issuer: Issuer) -> None:
    customer = CustomerId(new_id())

    principal = await an_authenticator(issuer)(f"bearer {issuer.token('customer', customer_id=str(customer))}")

    assert (principal.customer_id, own_rows(principal)) == (customer, customer)


@pytest.mark.parametrize("claims", [{}, {"customer_id": "acme"}, {"customer_id": 7}])
async def test_a_customers_token_without_its_customer_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid, match="must carry its customer"):
        _ = await an_authenticator(issuer)(f"Bearer {issuer.token('customer', **claims)}")


async def test_staff_sees_the_rows_of_all(issuer: Issuer) -> None:
    token = issuer.token("sales", customer_id=str(new_id()))

    assert own_rows(await an_authenticator(issuer)(f"Bearer {token}")) is None


async def test_roles_may_lie_deeper_in_the_token(issuer: Issuer) -> None:
    token = issuer.token(realm_access={"roles": ["finance"]})

    principal = await an_authenticator(issuer, roles_claim="realm_access.roles")(f"Bearer {token}")

    assert principal.roles == {"finance"}


@pytest.mark.parametrize("roles", [None, "admin", {"admin": True}, [["admin"]], [7]])
async def test_roles_of_another_shape_are_no_roles(issuer: Issuer, roles: object) -> None:
    principal = await an_authenticator(issuer)(f"Bearer {issuer.token(roles=roles)}")

    assert principal.roles == frozenset()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"])
async def test_without_a_bearer_token_nobody_is_known(issuer: Issuer, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        _ = await an_authenticator(issuer)(header)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "someone-else"},
        {"aud": "another-platform"},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"sub": "an\0na"},
        {"sub": "anna\ud800"},
        {"exp": None},
        {"nbf": NOW + 3600},
    ],
)
async def test_a_token_for_others_or_for_later_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {issuer.token('admin', **claims)}")


async def test_an_expired_token_is_refused_after_half_a_minute_of_leeway(issuer: Issuer) -> None:
    authenticate, now = an_authenticator(issuer), int(time.time())

    assert (await authenticate(f"Bearer {issuer.token(exp=now - 5)}")).actor == "anna"
    with pytest.raises(TokenExpired, match="get a new one"):
        _ = await authenticate(f"Bearer {issuer.token(exp=now - 31)}")


def _unsigned(header: dict[str, Any], payload: dict[str, Any]) -> str:
    return ".".join([*(_text(json.dumps(each).encode()) for each in (header, payload)), ""])


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


async def test_a_token_without_signature_is_refused(issuer: Issuer) -> None:
    payload = jwt.decode(issuer.token("admin"), options={"verify_signature": False})

    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {_unsigned({'alg': 'none', 'kid': 'one'}, payload)}")


async def test_a_token_signed_with_the_public_key_as_secret_is_refused(issuer: Issuer) -> None:
    payload = jwt.decode(issuer.token("admin"), options={"verify_signature": False})
    unsigned = _unsigned({"alg": "HS256", "kid": "one"}, payload)
    public_key = issuer.keys["one"][0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = hmac.digest(public_key, unsigned[:-1].encode(), "sha256")

    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {unsigned}{_text(signature)}")


async def test_a_shared_secret_among_the_keys_signs_nothing(issuer: Issuer) -> None:
    secret = "a secret of thirty-two characters"
    shared = {"kty": "oct", "k": _text(secret.encode()), "alg": "HS256", "kid": "shared"}
    _ = issuer.file.write_text(json.dumps({"keys": [shared]}))
    payload = jwt.decode(issuer.token("admin"), options={"verify_signature": False})

    token = jwt.encode(payload, secret, "HS256", headers={"kid": "shared"})

    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {token}")


async def test_a_token_of_a_stranger_with_our_key_id_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    stranger = Issuer(tmp_path / "stranger.json")
    stranger.new_key("one")

    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {stranger.token('admin')}")


async def test_a_changed_token_is_refused_also_after_the_true_one_was_seen(issuer: Issuer) -> None:
    authenticate = an_authenticator(issuer)
    header, _, signature = issuer.token("reader").split(".")
    _ = await authenticate(f"Bearer {issuer.token('reader')}")
    payload = issuer.token("admin").split(".")[1]

    with pytest.raises(TokenInvalid):
        _ = await authenticate(f"Bearer {header}.{payload}.{signature}")


@pytest.mark.parametrize("token", ["a", "a.b.c", "é.é.é", "x" * 8193])
async def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(TokenInvalid):
        _ = await an_authenticator(issuer)(f"Bearer {token}")


async def test_a_withdrawn_key_ends_its_tokens_and_a_new_key_begins(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking_at_every_call(monkeypatch)
    authenticate = an_authenticator(issuer)
    old = issuer.token("sales")
    _ = await authenticate(f"Bearer {old}")

    del issuer.keys["one"]
    issuer.new_key("two")

    assert (await authenticate(f"Bearer {issuer.token('sales', kid='two')}")).actor == "anna"
    with pytest.raises(TokenInvalid, match="not signed by a key of the issuer"):
        _ = await authenticate(f"Bearer {old}")


async def test_a_key_file_broken_later_leaves_the_keys_in_use(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    looking_at_every_call(monkeypatch)
    keys = KeysInFile(issuer.file)
    before = await keys.key("one")

    _ = issuer.file.write_text("{")

    assert (await keys.key("one")).key_id == before.key_id


async def test_a_missing_key_file_is_a_fault_that_passes_by_itself(issuer: Issuer) -> None:
    token = issuer.token("sales")
    issuer.file.unlink()
    authenticate = an_authenticator(issuer)
    with pytest.raises(Unavailable):
        _ = await authenticate(f"Bearer {token}")

    issuer.publish()

    assert (await authenticate(f"Bearer {token}")).actor == "anna"


def test_a_verified_token_is_forgotten_when_it_expires() -> None:
    times = iter([9.9, 10.0, 10.1])
    tokens = VerifiedTokens(clock=lambda: next(times))
    anna = Principal("anna", frozenset())
    tokens.remember("a", anna, until=10.0)

    assert tokens.find("a") is anna
    assert tokens.find("a") is None
    assert tokens.find("a") is None


def test_of_too_many_verified_tokens_the_longest_unused_goes() -> None:
    tokens = VerifiedTokens(most=2, clock=lambda: 0.0)
    for name in ("a", "b"):
        tokens.remember(name, Principal(name, frozenset()), until=1.0)
    _ = tokens.find("a")

    tokens.remember("c", Principal("c", frozenset()), until=1.0)

    assert [name for name in "abc" if tokens.find(name)] == ["a", "c"]


@pytest.mark.parametrize(
    ("roles", "named", "passes"),
    [
        ({"sales"}, {"sales", "finance"}, True),
        ({"sales"}, {"finance"}, False),
        ({"admin"}, {"finance"}, True),
        ({"admin"}, set[str](), True),
        (set[str](), {"sales"}, False),
        ({"reader"}, STAFF, True),
        ({"customer"}, STAFF, False),
        ({"customer"}, {"customer", "sales"}, True),
        ({"customer", "sales"}, {"sales"}, False),
        ({"customer", "admin"}, {"sales"}, False),
    ],
)
def test_a_role_opens_what_names_it(roles: set[str], named: set[str], passes: bool) -> None:
    assert Principal("anna", frozenset(roles)).may(frozenset(named)) is passes


def test_a_customer_of_no_customer_sees_no_rows() -> None:
    with pytest.raises(ValueError, match="cannot be told from the others"):
        _ = own_rows(Principal("anna", frozenset({"customer"})))


def test_a_role_that_does_not_exist_is_found_when_the_route_is_made() -> None:
    with pytest.raises(ValueError, match="there is no role salse"):
        _ = requires("salse")


def a_service(issuer: Issuer) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    docs.install(app)

    @app.get("/healthz")
    @app.get("/readyz")
    async def _() -> str:
        return "ok"

    @app.get("/mine")
    async def _(who: Annotated[Principal, requires("customer", "sales")]) -> UUID | None:
        assert context.principal.get() is who
        return own_rows(who)

    @app.get("/staff", dependencies=[reads()])
    async def _() -> str:
        return "ok"

    app.add_middleware(RequireToken, authenticator=an_authenticator(issuer))
    return app


def a_client(app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


async def test_without_a_token_only_health_and_docs_answer(issuer: Issuer) -> None:
    pages = ["/healthz", "/readyz", "/docs", "/redoc", "/openapi.json", "/docs/assets/swagger-ui.css"]
    closed = ["/mine", "/staff", "/nowhere", "/docsx", "/healthz/x", "/documents", "/"]
    async with a_client(a_service(issuer)) as client:
        statuses = {path: (await client.get(path)).status_code for path in [*pages, *closed]}

    assert statuses == dict.fromkeys(pages, 200) | dict.fromkeys(closed, 401)


async def test_a_refused_token_is_answered_with_a_problem(issuer: Issuer) -> None:
    async with a_client(a_service(issuer), issuer.token("sales", exp=NOW - 60)) as client:
        response = await client.get("/mine")

    assert (response.status_code, response.json()["type"]) == (401, "urn:orderloop:problem:token-expired")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_customer_is_told_from_staff(issuer: Issuer) -> None:
    customer = new_id()
    async with a_client(a_service(issuer), issuer.token("customer", customer_id=str(customer))) as client:
        mine, staff = await client.get("/mine"), await client.get("/staff")

    assert (mine.status_code, mine.json()) == (200, str(customer))
    assert staff.status_code == 403


async def test_who_may_not_is_told_who_may(issuer: Issuer) -> None:
    async with a_client(a_service(issuer), issuer.token("warehouse")) as client:
        mine, staff = await client.get("/mine"), await client.get("/staff")

    assert (mine.status_code, staff.status_code) == (403, 200)
    assert mine.json()["detail"] == "this takes one of the roles: admin, customer, sales"


async def test_the_principal_is_gone_after_the_request(issuer: Issuer) -> None:
    async with a_client(a_service(issuer), issuer.token("sales")) as client:
        _ = await client.get("/mine")

    assert context.principal.get() is None


async def test_a_websocket_without_a_token_is_closed(issuer: Issuer) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    app = RequireToken(a_service(issuer), an_authenticator(issuer))
    await app({"type": "websocket", "path": "/mine", "headers": []}, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_openapi_shows_bearer_where_a_role_is_needed(issuer: Issuer) -> None:
    async with a_client(a_service(issuer)) as client:
        document = (await client.get("/openapi.json")).json()

    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    assert document["paths"]["/mine"]["get"]["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/healthz"]["get"]


@dataclass
class Provider:
    """An HTTP server that publishes an issuer's keys and counts how often it is asked."""

    url: str
    asked: list[str]
    answers: dict[str, Any]


@pytest.fixture
def provider() -> Iterator[Provider]:
    asked: list[str] = []
    answers: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(answers.get("status", 200))
            self.end_headers()
            _ = self.wfile.write(json.dumps(answers.get("jwks")).encode())

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Provider(f"http://127.0.0.1:{server.server_port}/jwks", asked, answers)
    server.shutdown()
    server.server_close()
    thread.join()


async def test_keys_at_a_url_are_fetched_once(issuer: Issuer, provider: Provider) -> None:
    provider.answers["jwks"] = issuer.jwks()
    authenticate = an_authenticator(issuer, jwks=provider.url)

    for name in ("anna", "bert", "anna"):
        assert (await authenticate(f"Bearer {issuer.token('sales', sub=name)}")).actor == name

    assert len(provider.asked) == 1


async def test_unknown_key_ids_do_not_become_requests_to_the_issuer(issuer: Issuer, provider: Provider) -> None:
    provider.answers["jwks"] = issuer.jwks()
    authenticate = an_authenticator(issuer, jwks=provider.url)
    _ = await authenticate(f"Bearer {issuer.token('sales')}")
    issuer.new_key("two")

    for _ in range(5):
        with pytest.raises(TokenInvalid):
            _ = await authenticate(f"Bearer {issuer.token('sales', kid='two')}")

    assert len(provider.asked) == 1


def let_pass(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    later = time.monotonic() + seconds
    monkeypatch.setattr("kit.auth.time.monotonic", lambda: later)


@pytest.mark.parametrize("answer", [{"status": 500}, {"jwks": {"keys": []}}, {"jwks": []}])
async def test_an_issuer_that_does_not_answer_is_a_fault_and_is_not_asked_at_once_again(
    issuer: Issuer, provider: Provider, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.answers.update(answer)
    authenticate = an_authenticator(issuer, jwks=provider.url)
    for _ in range(3):
        with pytest.raises(Unavailable):
            _ = await authenticate(f"Bearer {issuer.token('sales')}")
    assert len(provider.asked) == 1

    provider.answers.update(status=200, jwks=issuer.jwks())
    let_pass(monkeypatch, auth.SECONDS_AFTER_A_FAULT)

    assert (await authenticate(f"Bearer {issuer.token('sales')}")).actor == "anna"


async def test_a_new_key_is_found_after_half_a_minute(
    issuer: Issuer, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.answers["jwks"] = issuer.jwks()
    authenticate = an_authenticator(issuer, jwks=provider.url)
    _ = await authenticate(f"Bearer {issuer.token('sales')}")
    issuer.new_key("two")

    provider.answers["jwks"] = issuer.jwks()
    let_pass(monkeypatch, auth.SECONDS_BETWEEN_FETCHES)

    assert (await authenticate(f"Bearer {issuer.token('sales', kid='two')}")).actor == "anna"


async def test_while_the_issuer_is_away_the_known_keys_stay_in_use(
    issuer: Issuer, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.answers["jwks"] = issuer.jwks()
    authenticate = an_authenticator(issuer, jwks=provider.url)
    _ = await authenticate(f"Bearer {issuer.token('sales')}")

    provider.answers["status"] = 500
    let_pass(monkeypatch, auth.SECONDS_UNTIL_STALE)

    assert (await authenticate(f"Bearer {issuer.token('sales', sub='bert')}")).actor == "bert"
    assert len(provider.asked) == 2
