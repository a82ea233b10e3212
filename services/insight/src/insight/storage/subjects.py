"""Which subjects are due to be compared, which are settled, and whether we hear in time at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from insight.domain.hearing import What
from kit.bulk import read_rows
from kit.database import Transaction, driver

PATIENCE = timedelta(hours=1)
"""For so long nothing is compared while events are late; then they are late for good, and it is."""


class Subjects:
    """Several watchers may run: each takes other subjects."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def spoken_of(self, subjects: Mapping[UUID, What]) -> None:
        """Something was said: compare them when it has been quiet around them."""
        await self._put(_DUE, list(subjects), list(subjects.values()))

    async def look_again(self, subjects: Mapping[UUID, What], after: timedelta) -> None:
        """Compare them again later, whether or not anything is said."""
        if subjects:
            await self._put(_AGAIN, list(subjects), list(subjects.values()), after)

    async def take(self, grace: timedelta, limit: int, held: Collection[UUID]) -> dict[UUID, What]:
        """Those that are due, but for those that are held; they are due no more."""
        rows = await read_rows(self.tx, _TAKE, grace, limit, list(held))
        return {row["about"]: row["what"] for row in rows}

    async def note_late(self) -> None:
        await self._put(_LATE)

    async def is_late(self, grace: timedelta) -> bool:
        """Whether we, or somebody, are catching up: then what seems to be missing may only be behind."""
        return bool(await read_rows(self.tx, _IS_LATE, grace, PATIENCE))

    async def settle(self, about: Collection[UUID]) -> None:
        if about:
            await self._put(_SETTLE, list(about))

    async def forgotten(self, about: Collection[UUID]) -> set[UUID]:
        return {row["about"] for row in await read_rows(self.tx, _FORGOTTEN, list(about))}

    async def forget(self, keep: timedelta, limit: int) -> Sequence[UUID]:
        """Those that were settled long ago, from now on forgotten."""
        return [row["about"] for row in await read_rows(self.tx, _FORGET, keep, limit)]

    async def _put(self, statement: str, *parameters: object) -> None:
        await (await driver(self.tx)).execute(statement, *parameters)


_UPSERT = """
 ORDER BY 1 ON CONFLICT (about) DO UPDATE SET quiet_since = excluded.quiet_since
"""
_DUE = f"""
INSERT INTO subjects_due (about, what, quiet_since)
SELECT about, what, now() FROM unnest($1::uuid[], $2::text[]) AS s(about, what) {_UPSERT}
"""
_AGAIN = f"""
INSERT INTO subjects_due (about, what, quiet_since)
SELECT about, what, now() + $3::interval FROM unnest($1::uuid[], $2::text[]) AS s(about, what) {_UPSERT}
"""
_TAKE = """
DELETE FROM subjects_due USING (
  SELECT about FROM subjects_due WHERE quiet_since <= now() - $1::interval AND about <> ALL($3::uuid[])
   ORDER BY quiet_since LIMIT $2 FOR UPDATE SKIP LOCKED
) AS taken WHERE subjects_due.about = taken.about RETURNING subjects_due.about, what
"""
_LATE = """
INSERT INTO hearing (late_at, late_since) VALUES (now(), now())
ON CONFLICT (one) DO UPDATE SET late_at = now(),
   late_since = CASE WHEN hearing.late_at < now() - interval '10 minutes' THEN now() ELSE hearing.late_since END
"""
_IS_LATE = """
SELECT true FROM hearing WHERE late_at > now() - $1::interval AND late_since > now() - $2::interval
"""
_SETTLE = """
INSERT INTO settled_subjects (about, since) SELECT about, now() FROM unnest($1::uuid[]) AS s(about) ORDER BY 1
ON CONFLICT (about) DO UPDATE SET since = now() WHERE NOT settled_subjects.forgotten
"""
_FORGOTTEN = "SELECT about FROM settled_subjects WHERE about = ANY($1::uuid[]) AND forgotten"
_FORGET = """
UPDATE settled_subjects SET forgotten = true FROM (
  SELECT about FROM settled_subjects WHERE NOT forgotten AND since < now() - $1::interval
   ORDER BY since LIMIT $2 FOR UPDATE SKIP LOCKED
) AS old WHERE settled_subjects.about = old.about RETURNING settled_subjects.about
"""
