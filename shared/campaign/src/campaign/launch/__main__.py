"""python -m campaign.launch <service> [api|worker|relay ...]: a service, with what the campaign needs inside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

from campaign.launch import probe, seams
from campaign.launch.failpoints import Failpoints
from kit.running import main as serve
from kit.service import Service


def main(arguments: Sequence[str]) -> None:
    """Install what was asked for, then be the service."""
    if not arguments:
        raise SystemExit("usage: python -m campaign.launch <service> [api|worker|relay ...]")
    service, *roles = arguments
    make = cast("Callable[[], Service]", import_module(f"{service}.app").service)
    probe.install()
    failing = os.environ.get("CAMPAIGN_FAILPOINTS")
    if failing:
        seams.install(Failpoints(Path(failing)))
    _plant(service, roles)
    sys.argv = [service, *roles]  # what the service itself would have been called with
    serve(make())


def _plant(service: str, roles: Sequence[str]) -> None:
    """The planted bug that every process is to carry, if there is one."""
    name = os.environ.get("CAMPAIGN_PLANTED")
    if name:
        plant = cast("Callable[[str, str, Sequence[str]], None]", import_module("campaign.planted").plant)
        plant(name, service, roles)


if __name__ == "__main__":
    main(sys.argv[1:])
