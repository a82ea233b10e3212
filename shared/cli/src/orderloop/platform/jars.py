"""The Java archives of Apache Kafka: locked by SHA-256, fetched once, checked each time they are used."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from orderloop.platform import files
from orderloop.platform.home import cache, templates
from orderloop.platform.troubles import ChecksumDiffers, DownloadFailed

KAFKA = "4.3.1"
LOG4J = "2.26.1"
WANTED = (
    f"org.apache.kafka:kafka_2.13:{KAFKA}",
    f"org.apache.logging.log4j:log4j-core:{LOG4J}",
    f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J}",
)
Fetch = Callable[[str], Path]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One archive: its Maven coordinate (groupId:artifactId:version) and the sum of its bytes."""

    coordinate: str
    sha256: str

    @property
    def path(self) -> Path:
        group, artifact, version = self.coordinate.split(":")
        return store() / Path(*group.split(".")) / artifact / version / f"{artifact}-{version}.jar"

    @property
    def sound(self) -> bool:
        return self.path.is_file() and sum_of(self.path) == self.sha256


def store() -> Path:
    return cache() / "maven"


def lock_file() -> Path:
    return templates() / "kafka.lock"


def locked() -> tuple[Jar, ...]:
    """The archives named in the lock, in the order of the class path."""
    lines = lock_file().read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#")]
    return tuple(Jar(coordinate, digest) for digest, coordinate in pairs)


def sum_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def class_path(progress: Progress | None = None) -> str:
    """All archives, fetched if need be and checked; ready for `java -cp`."""
    jars = locked()
    if not all(jar.sound for jar in jars):
        _complete(jars, progress)
    return os.pathsep.join(str(jar.path) for jar in jars)


def _complete(jars: tuple[Jar, ...], progress: Progress | None) -> None:
    with files.alone(store() / ".lock"), ThreadPoolExecutor(8) as pool:
        fetch = _maven()
        fetching = [pool.submit(fetched, jar, fetch) for jar in jars]
        for done, each in enumerate(as_completed(fetching), start=1):
            _ = each.result()
            if progress:
                progress(done, len(jars))


def fetched(jar: Jar, fetch: Fetch) -> Path:
    if jar.sound:
        return jar.path
    jar.path.unlink(missing_ok=True)  # half a download, or another archive
    path = _downloaded(jar.coordinate, fetch)
    if not jar.sound:
        path.unlink()
        raise ChecksumDiffers(
            f"{jar.coordinate} is not the archive that {lock_file().name} names; "
            "try again, and if it stays so, do not trust the repository it came from"
        )
    return path


def _downloaded(coordinate: str, fetch: Fetch) -> Path:
    try:
        return fetch(coordinate)
    except OSError as error:  # also what requests raises
        raise DownloadFailed(_advice(coordinate, error)) from error
    except RuntimeError as error:  # jgo: found in none of the repositories
        raise DownloadFailed(_advice(coordinate, error)) from error


def _advice(coordinate: str, error: Exception) -> str:
    return (
        f"could not download {coordinate} ({type(error).__name__}); check the network and try again, "
        "set ORDERLOOP_MAVEN to a mirror of Maven Central, or set ORDERLOOP_KAFKA to a broker that runs already"
    )


def _maven() -> Fetch:
    """How one archive is fetched; the resolver is imported only when something is missing."""
    from jgo.maven import MavenContext

    mirror = os.environ.get("ORDERLOOP_MAVEN")
    remotes = {"mirror": mirror.rstrip("/")} if mirror else None
    maven = MavenContext(repo_cache=store(), remote_repos=remotes, timeout=60)
    return lambda coordinate: maven.create_dependency(coordinate).artifact.resolve()


def relock() -> tuple[Jar, ...]:
    """Resolve what Kafka needs from its published descriptions and write the lock anew."""
    from jgo.maven import MavenContext

    with files.alone(store() / ".lock"):
        maven = MavenContext(repo_cache=store(), timeout=60)
        # `!`: an input's own dependency management must not overrule that of its neighbour
        inputs = [maven.create_dependency(f"{coordinate}!") for coordinate in WANTED]
        named, needed = maven.resolver.resolve(inputs)
        with ThreadPoolExecutor(8) as pool:
            fetching = [pool.submit(each.artifact.resolve) for each in (*named, *needed)]
        paths = [each.result() for each in fetching]
    coordinates = [f"{each.groupId}:{each.artifactId}:{each.version}" for each in (*named, *needed)]
    jars = tuple(Jar(coordinate, sum_of(path)) for coordinate, path in zip(coordinates, paths, strict=True))
    head = "# Apache Kafka and what it needs, made by `make lock`: sha256  groupId:artifactId:version\n"
    files.write(lock_file(), head + "".join(f"{jar.sha256}  {jar.coordinate}\n" for jar in jars))
    return jars
