"""The protocol in small: kit's relay, consumer, parking, timers and executor as steps that a seed interleaves.

Nothing here waits, and nothing listens. A process is a generator; each `yield` is a place where another process may
run, and where this one may be killed, paused or cut off from its database. What stands between two of them happens at
once, as one statement does in PostgreSQL. One seed is one schedule, and the same schedule each time.

- `store`: the database: transactions, row locks, what a statement sees, snapshots; what a crash forgets
- `log`: the broker: partitions, batches that are whole or not there, acknowledgements that are lost, a consumer group
- `client`, `outbox`, `relay`, `worker`, `consumer`, `inbox`, `parking`, `timers`: each beside the kit's of that name
- `shop`: what the events are about; small enough to be added up by hand
- `trouble`: what goes wrong; `schedule`: who is next; `oracles`: what has to hold when all is quiet
- `planted`: the same steps with one mistake; `run`: many schedules, and what they found
"""
