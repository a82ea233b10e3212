"""Logs are readable, bounded, and found by the name of a part."""

import json
from pathlib import Path

import pytest

from orderloop.platform import logs, rotation


def test_a_json_line_is_shown_as_people_read() -> None:
    line = json.dumps(
        {"time": "2026-11-22T05:26:54.078+00:00", "level": "INFO", "service": "order", "message": "placed", "lines": 2}
    )

    assert logs.readable("order", line) == "order      05:26:54.078 INFO    placed lines=2"


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "17", "[1]", "{"])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert logs.readable("order", line) == f"order      {line}"


def test_the_last_lines_of_each_part(tmp_path: Path) -> None:
    (tmp_path / "order.log").write_text("a\nb\nc\n")
    (tmp_path / "sales.log").write_text("d\n")

    assert list(logs.last(logs.files_of(tmp_path, "order"), 2)) == ["order      b", "order      c"]
    assert len(list(logs.last(logs.files_of(tmp_path, None), 2))) == 3
    assert list(logs.last(logs.files_of(tmp_path, "order"), 0)) == []


def test_an_unknown_part_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(logs.LogUnknown, match="no part is called ordr; choose from customer"):
        _ = logs.files_of(tmp_path, "ordr")


def test_a_full_log_is_turned_over_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    with open(log, "ab", buffering=0) as writer:
        for text in (b"first\n", b"second\n", b"third\n", b"fourth\n"):
            _ = writer.write(text)
            rotation.bound(tmp_path, full=3, kept=2)
        _ = writer.write(b"now\n")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "order.log": "now\n",
        "order.log.1": "fourth\n",
        "order.log.2": "third\n",
    }
