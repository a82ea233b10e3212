"""Tokens of the local issuer are checked here as a service checks them: against the public half."""

import json
import uuid
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from orderloop.platform.issuer import CustomerMissing, Issuer, RoleUnknown


def claims_of(token: str, jwks: Path) -> dict[str, object]:
    [key] = jwt.PyJWKSet.from_dict(json.loads(jwks.read_text())).keys
    assert jwt.get_unverified_header(token)["kid"] == key.key_id
    return jwt.decode(token, key, algorithms=["ES256"], audience="orderloop", issuer="orderloop-local")


def test_a_token_says_who_and_in_which_roles_for_twelve_hours(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)

    claims = claims_of(issuer.token(("sales", "finance"), name="anna"), issuer.jwks)

    assert (claims["sub"], claims["roles"]) == ("anna", ["sales", "finance"])
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == timedelta(hours=12).total_seconds()
    assert "customer_id" not in claims


def test_a_customer_is_named_in_the_token(tmp_path: Path) -> None:
    issuer, customer = Issuer(tmp_path), uuid.uuid4()

    assert claims_of(issuer.token(("customer",), customer_id=customer), issuer.jwks)["customer_id"] == str(customer)


def test_the_key_is_made_once_and_its_private_half_stays_private(tmp_path: Path) -> None:
    first = Issuer(tmp_path).ensure().read_text()

    assert Issuer(tmp_path).ensure().read_text() == first
    assert "d" not in json.loads(first)["keys"][0]
    assert (tmp_path / "issuer" / "private.pem").stat().st_mode & 0o777 == 0o600


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RoleUnknown, match="boss given; choose from admin"):
        _ = Issuer(tmp_path).token(("boss",))


def test_a_customer_without_a_customer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CustomerMissing, match="--customer"):
        _ = Issuer(tmp_path).token(("customer",))
