"""The local token issuer: an ES256 key pair of this platform; a real one has an identity provider instead."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from contracts.errors import Malformed
from orderloop.platform import files
from orderloop.platform.plan import AUDIENCE, ISSUER

ROLES = ("admin", "sales", "warehouse", "finance", "service", "quality", "reader", "customer")
LIFETIME = timedelta(hours=12)


class RoleUnknown(Malformed):
    """A role outside the list opens no door."""


class CustomerMissing(Malformed):
    """The role `customer` sees the rows of one customer, so the token must name it."""


@dataclass(frozen=True)
class Issuer:
    """Signs tokens with the key under `directory`/issuer; services check them against `jwks`."""

    directory: Path

    @property
    def jwks(self) -> Path:
        return self.directory / "issuer" / "jwks.json"

    def ensure(self) -> Path:
        """Make the key pair once; returns the file of the public half."""
        if not (self._private.is_file() and self.jwks.is_file()):
            key = ec.generate_private_key(ec.SECP256R1())
            files.write(self._private, _pem(key), mode=0o600)
            files.write(self.jwks, json.dumps({"keys": [_public(key, uuid.uuid4().hex)]}, indent=2))
        return self.jwks

    def token(
        self,
        roles: tuple[str, ...],
        *,
        name: str = "local",
        customer_id: uuid.UUID | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """A signed token for someone with these roles."""
        _check(roles, customer_id)
        now = datetime.now(UTC)
        claims: dict[str, object] = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "roles": list(roles)}
        claims |= {"iat": now, "exp": now + lifetime}
        if customer_id:
            claims["customer_id"] = str(customer_id)
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})

    @property
    def _private(self) -> Path:
        return self.directory / "issuer" / "private.pem"

    @cached_property
    def _key(self) -> str:
        _ = self.ensure()
        return self._private.read_text(encoding="ascii")

    @cached_property
    def _kid(self) -> str:
        _ = self.ensure()
        return json.loads(self.jwks.read_text(encoding="utf-8"))["keys"][0]["kid"]


def _check(roles: tuple[str, ...], customer_id: uuid.UUID | None) -> None:
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise RoleUnknown(f"{', '.join(unknown) or 'no role'} given; choose from {', '.join(ROLES)}")
    if "customer" in roles and customer_id is None:
        raise CustomerMissing("a token with the role customer needs --customer with the customer's id")


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _public(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, object]:
    numbers: dict[str, object] = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    return numbers | {"kid": kid, "use": "sig", "alg": "ES256"}
