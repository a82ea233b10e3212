"""What insight is told by its environment beyond what every service is: the variables start with INSIGHT_."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Watching(BaseSettings):
    """How patient the watcher is."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="INSIGHT_")

    grace_seconds: float = Field(
        default=60, ge=0, description="for so long nothing is said of a subject before its sides are compared"
    )
    keep_days: float = Field(
        default=400,
        gt=0,
        description="for so long what was said of an order is kept after it is over and fits together",
    )

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)

    @property
    def keep(self) -> timedelta:
        return timedelta(days=self.keep_days)
