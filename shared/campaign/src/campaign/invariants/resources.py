"""I16: nothing is left behind: no transaction, no connection, no file, no memory."""

from __future__ import annotations

from collections.abc import Iterable

from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation
from campaign.invariants.place import Usage

POOL = 10
"""The most connections that a process keeps, as `kit.settings` has it."""

MORE_FDS = 40
"""So many more open files than at rest are a leak: a pool and a broker's connections may have grown to their size."""

MORE_BYTES = 150 * 1024 * 1024
GROWN = 2.0
"""Memory that is twice what it was, and so many bytes more, is a leak."""


async def i16_nothing_leaks(facts: Facts) -> list[Violation]:
    """No transaction stays open, no service has more connections than its pools, processes hold what they held."""
    found: list[Violation] = []
    for service in facts.databases:
        for row in await facts.rows(service, _OPEN_FOR_LONG):
            what = f"{service} has left a transaction open for {row['seconds']:.1f} s"
            found.append(Violation("I16", what, {"application": row["application_name"], "query": row["query"]}))
        for row in await facts.rows(service, _CONNECTIONS, [service, f"{service}-relay"]):
            most = facts.told.processes * (1 if row["application_name"].endswith("-relay") else POOL)
            if row["connections"] > most:
                what = f"{row['application_name']} has {row['connections']} connections, {most} at most are its own"
                found.append(Violation("I16", what, {"service": service}))
    return found + list(_grown(facts))


def _grown(facts: Facts) -> Iterable[Violation]:
    baseline, usage = facts.told.baseline or {}, facts.told.usage or {}
    for member in sorted(baseline.keys() & usage.keys()):
        before, now = baseline[member], usage[member]
        if now.fds > before.fds + MORE_FDS:
            yield Violation("I16", f"{member} has {now.fds} files open, {before.fds} at rest", _both(before, now))
        if now.rss > before.rss * GROWN and now.rss > before.rss + MORE_BYTES:
            what = f"{member} takes {now.rss >> 20} MB of memory, {before.rss >> 20} at rest"
            yield Violation("I16", what, _both(before, now))


def _both(before: Usage, now: Usage) -> dict[str, int]:
    return {"fds before": before.fds, "fds": now.fds, "rss before": before.rss, "rss": now.rss}


_OPEN_FOR_LONG = """
SELECT application_name, query, extract(epoch FROM clock_timestamp() - state_change)::float8 AS seconds
  FROM pg_stat_activity
 WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()
   AND application_name <> 'campaign-checker' AND clock_timestamp() - state_change > interval '5 seconds'
"""
_CONNECTIONS = """
SELECT application_name, count(*) AS connections FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND application_name = ANY ($1::text[])
 GROUP BY application_name
"""
