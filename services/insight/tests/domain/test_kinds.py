"""The kinds are documented: people look for their names."""

from __future__ import annotations

import re

from insight.domain.kinds import Kind
from testkit.servers import root


def test_the_readme_explains_every_kind_and_no_other() -> None:
    text = (root() / "services" / "insight" / "README.md").read_text()
    table = text.partition("## Kinds")[2].partition("\n\nNothing here")[0]

    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE) == [(kind.value, kind.meaning) for kind in Kind]
