"""The database: what PostgreSQL at READ COMMITTED promises to the kit, and no more.

A transaction sees what was committed when its statement began, and its own writes. Rows that it locks or writes are its
own until it ends; who comes later waits, and then sees the newest version of a row that it had seen, but not a row that
is new. Ids are drawn before the commit and transaction ids with the first write, so both overtake each other.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from campaign.simulation.steps import ON, Disconnected, LockTimeout, Steps

if TYPE_CHECKING:
    from campaign.simulation.world import Process, World

Name = tuple[str, object]
"""A table and the primary key of a row in it."""

Snapshot = tuple[int, int, frozenset[int]]
"""`xmin:xmax:xip` of PostgreSQL: transactions below the second that are not among the third have ended."""

NOTHING_YET: Snapshot = (3, 3, frozenset())

PATIENCE = 6
"""Looks at a held lock before `lock_timeout`, or the deadlock detector, ends the wait."""


def visible(xid: int, snapshot: Snapshot) -> bool:
    """`pg_visible_in_snapshot` of a transaction that has committed."""
    return xid < snapshot[1] and xid not in snapshot[2]


class Row:
    """A row of the outbox, and the record that is made of it."""

    __slots__ = ("about", "at", "event_id", "id", "kind", "sequence", "subject", "xid")

    def __init__(
        self, id: int, xid: int, subject: str, sequence: int, kind: str, about: Any, at: int
    ) -> None:  # Any: as in `Told`
        self.id = id
        self.xid = xid
        self.event_id = (xid, id)
        self.subject = subject
        self.sequence = sequence
        self.kind = kind
        self.about = about
        self.at = at

    def __repr__(self) -> str:
        return f"{self.kind} {self.subject}#{self.sequence} (outbox {self.id})"


class Connection:
    """A session: what the relay's advisory lock is bound to."""

    __slots__ = ("alive", "store")

    def __init__(self, store: Store) -> None:
        self.store = store
        self.alive = True

    def check(self) -> None:
        if not self.alive:
            raise Disconnected

    def try_lock(self) -> bool:
        """`pg_try_advisory_lock` of the relay."""
        self.check()
        if self.store.relay_lock is None:
            self.store.relay_lock = self
        return self.store.relay_lock is self

    def close(self) -> None:
        self.alive = False
        if self.store.relay_lock is self:
            self.store.relay_lock = None


class Store:
    """What is committed, who holds what, and what a crash would forget."""

    __slots__ = (
        "applied", "commits", "crashed_at", "last_id", "last_xid", "locks", "open", "outbox", "relay_lock", "rows",
        "running", "sessions", "unflushed", "world",
    )  # fmt: skip

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[Name, Any] = {}  # Any: each table holds its own
        self.outbox: list[Row] = []
        self.applied: list[Row] = []
        self.locks: dict[Name, Transaction | list[Transaction]] = {}
        self.running: set[int] = set()
        self.open: dict[Transaction, None] = {}
        self.sessions: list[Connection] = []
        self.unflushed: list[Transaction] = []
        self.relay_lock: Connection | None = None
        self.last_xid = 2
        self.last_id = 0
        self.commits = 0
        self.crashed_at = -1

    def begin(self, owner: Process, *, flushed: bool = True) -> Transaction:
        """A transaction; `flushed` is `synchronous_commit`."""
        return Transaction(self, owner, flushed)

    def connect(self) -> Connection:
        session = Connection(self)
        self.sessions.append(session)
        return session

    def write(self, name: Name, value: Any) -> None:  # Any: as above
        """A statement that is a transaction by itself, and waits for the disk."""
        self.unflushed.clear()
        self.rows[name] = value

    def snapshot(self) -> Snapshot:
        """`pg_current_snapshot`."""
        upper = self.last_xid + 1
        return (min(self.running, default=upper), upper, frozenset(self.running))

    def crash(self) -> None:
        """kill -9 of the postmaster: open transactions are gone, and so are the last commits that were not on disk."""
        self.crashed_at = self.world.clock
        for tx in list(self.open):
            tx.cut_off()
        for session in self.sessions:
            session.close()
        self.sessions.clear()
        if self.unflushed:
            for tx in reversed(self.unflushed[self.world.below(len(self.unflushed)) :]):
                tx.forget()
            self.unflushed.clear()


class Transaction:
    """One transaction; leaving its `with` without a commit rolls it back, as a lost connection does."""

    __slots__ = ("applied", "before", "flushed", "held", "outbox", "over", "own", "owner", "store", "xid")

    def __init__(self, store: Store, owner: Process, flushed: bool) -> None:
        self.store = store
        self.owner = owner
        self.flushed = flushed
        self.own: dict[Name, Any] = {}  # Any: as in Store
        self.outbox: list[Row] = []
        self.applied: list[Row] = []
        self.held: list[Name] = []
        self.before: dict[Name, Any] = {}  # Any: as in Store
        self.xid = 0
        self.over = False
        store.open[self] = None

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        if not self.over:
            self.end()

    def get(self, name: Name) -> Any:  # Any: as in Store
        """The row as this statement sees it, or None."""
        own = self.own
        return own[name] if name in own else self.store.rows.get(name)

    def put(self, name: Name, value: Any) -> None:  # Any: as in Store
        """Write a row that is locked; None deletes it."""
        self.own[name] = value

    def take(self, name: Name) -> bool:
        """Lock a row, or the place where it would be, if nobody else holds it."""
        locks = self.store.locks
        holder = locks.get(name)
        if holder is self:
            return True
        if holder is not None and holder != [self]:
            return False
        if not self.xid:
            self.store.last_xid = self.xid = self.store.last_xid + 1
            self.store.running.add(self.xid)
        locks[name] = self
        self.held.append(name)
        return True

    def lock(self, name: Name) -> Steps[None]:
        """Lock a row, waiting for whoever holds it: FOR UPDATE, an upsert, an advisory lock."""
        for _ in range(PATIENCE):
            if self.take(name):
                return
            yield ON
        raise LockTimeout

    def share(self, name: Name) -> Steps[None]:
        """FOR SHARE: others may share it, nobody may change it."""
        locks = self.store.locks
        for _ in range(PATIENCE):
            holder = locks.get(name)
            if holder is self:
                return
            if holder is None:
                locks[name] = [self]
                self.held.append(name)
                return
            if isinstance(holder, list):
                if self not in holder:
                    holder.append(self)
                    self.held.append(name)
                return
            yield ON
        raise LockTimeout

    def insert(self, name: Name, value: Any) -> Steps[bool]:  # Any: as in Store
        """INSERT … ON CONFLICT DO NOTHING: waits for whoever is writing the key; a row that is there is not locked."""
        for _ in range(PATIENCE):
            holder = self.store.locks.get(name)
            if isinstance(holder, Transaction) and holder is not self and name in holder.own:
                yield ON
                continue
            if self.get(name) is not None:
                return False
            if self.take(name):
                self.own[name] = value
                return True
            yield ON
        raise LockTimeout

    def commit(self) -> Steps[None]:
        """Commit; the connection may be lost before it, or with the answer on its way."""
        yield ON
        world = self.store.world
        if world.mishap():
            raise Disconnected
        self.commit_now()
        if world.mishap():
            raise Disconnected

    def commit_now(self) -> None:
        store = self.store
        if self.flushed:
            if store.unflushed:
                store.unflushed.clear()
        else:
            self.before = {name: store.rows.get(name) for name in self.own}
            store.unflushed.append(self)
        store.rows.update(self.own)
        store.outbox += self.outbox
        store.applied += self.applied
        store.commits += 1
        self.end()

    def end(self) -> None:
        """Let go of everything."""
        self.over = True
        store = self.store
        store.open.pop(self, None)
        store.running.discard(self.xid)
        locks = store.locks
        for name in self.held:
            holder = locks.get(name)
            if isinstance(holder, list):
                if self in holder:
                    holder.remove(self)
                if holder:
                    continue
            elif holder is not self:
                continue
            del locks[name]

    def cut_off(self) -> None:
        """The server has ended the session; its client learns it with its next statement."""
        self.end()
        self.owner.fault = Disconnected()

    def forget(self) -> None:
        """It was committed last, and the crash came before it was on disk."""
        store = self.store
        store.rows.update(self.before)
        del store.outbox[len(store.outbox) - len(self.outbox) :]
        del store.applied[len(store.applied) - len(self.applied) :]
        store.world.counts.forgotten += 1
