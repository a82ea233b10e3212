"""What a service is told by its environment. The variables start with the service's name: `ORDER_DATABASE` …"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.worker import SESSION_SECONDS


class Settings(BaseSettings):
    """Frozen, validated; made once by `__main__` and handed down. A service with settings of its own subclasses it."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database: str = Field(description="postgresql://user:password@host:port/database")
    kafka: str = Field(description="host:port[,host:port …] of the brokers")
    jwks: str = Field(description="the token issuer's key set: a file or an http(s) address")
    issuer: str = Field(default="orderloop-local", description="`iss` of the tokens")
    audience: str = Field(default="orderloop", description="`aud` of the tokens")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    migrate: bool = Field(default=False, description="bring the database up to date before serving")
    pool_size: int = Field(
        default=8, ge=2, le=200, description="connections for commands and queries; the limit of what runs at once"
    )
    log_level: str = "INFO"
    session_seconds: float = Field(
        default=SESSION_SECONDS, gt=0, description="how long a killed worker keeps its partitions; a broker has a least"
    )
    drain_seconds: float = Field(default=10, gt=0, description="how long a stop may take")
