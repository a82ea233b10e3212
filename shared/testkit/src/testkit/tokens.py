"""Tokens for tests: an issuer with a key of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER = "orderloop-test"
AUDIENCE = "orderloop"


class Issuer:
    """Signs tokens; its key set is in the file `jwks`."""

    def __init__(self, directory: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True) | {
            "kid": "test",
            "alg": "ES256",
            "use": "sig",
        }
        self.jwks = directory / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [public]}))

    def token(self, *roles: str, name: str = "anna", customer_id: UUID | None = None) -> str:
        now = datetime.now(UTC)
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": name,
            "roles": list(roles),
            "iat": now,
            "exp": now + timedelta(hours=1),
        }
        if customer_id is not None:
            claims["customer_id"] = str(customer_id)
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": "test"})
