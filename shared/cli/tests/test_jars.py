"""Archives are used only when they are byte for byte the locked ones."""

import hashlib
from pathlib import Path

import pytest

from orderloop.platform import jars
from orderloop.platform.jars import Jar
from orderloop.platform.troubles import ChecksumDiffers, DownloadFailed

COORDINATE = "org.example:tool:1.0"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERLOOP_CACHE", str(tmp_path))


def a_jar(content: bytes = b"good") -> Jar:
    return Jar(COORDINATE, hashlib.sha256(content).hexdigest())


def stored(content: bytes) -> Path:
    path = a_jar().path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_lock_names_every_archive_of_kafka_once_and_no_host() -> None:
    names = [jar.coordinate for jar in jars.locked()]

    assert f"org.apache.kafka:kafka-server:{jars.KAFKA}" in names
    assert len(names) == len(set(names)) > 40
    assert "://" not in jars.lock_file().read_text()


def test_a_sound_archive_is_not_fetched_again() -> None:
    path = stored(b"good")

    assert jars.fetched(a_jar(), lambda _: pytest.fail("it was there")) == path


def test_half_a_download_is_fetched_again() -> None:
    stored(b"go")

    assert jars.fetched(a_jar(), lambda _: stored(b"good")).read_bytes() == b"good"


def test_another_archive_under_the_same_name_is_refused_and_removed() -> None:
    with pytest.raises(ChecksumDiffers, match=COORDINATE):
        _ = jars.fetched(a_jar(), lambda _: stored(b"evil"))

    assert not a_jar().path.exists()


@pytest.mark.parametrize("fault", [OSError("no route"), RuntimeError("not found in remote repositories")])
def test_a_failed_download_says_which_and_what_to_try(fault: Exception) -> None:
    def fail(_: str) -> Path:
        raise fault

    with pytest.raises(DownloadFailed, match=rf"could not download {COORDINATE} .* ORDERLOOP_MAVEN .* ORDERLOOP_KAFKA"):
        _ = jars.fetched(a_jar(), fail)
