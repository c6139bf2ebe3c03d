"""G10 and G11 over several nodes: how soon others go on with what a node has left, and the requests of a node that came
after others had taken over."""
from bisect import bisect_right

from violation import Violation

NS_PER_MS = 1_000_000
# What others allow themselves beyond the lease: to look again, which they do each third of it, and to do it.
LOOK_SHARE = 1 / 3
MARGIN_SECONDS = 1
DRAINED_SECONDS = 2
# Where the node's connections stand: the server ends a transaction that was left open after as long.
OPEN_TRANSACTION_SECONDS = 5


def allowed_seconds(how, lease_ms):
    if how == "drained":
        return DRAINED_SECONDS
    lease = lease_ms / 1000
    free = max(lease, OPEN_TRANSACTION_SECONDS) if how in ("stalled", "parted", "isolated") else lease
    return free + lease * LOOK_SHARE + MARGIN_SECONDS


def taken_over_in_time(evidence):
    for how, times in evidence.nemesis.get("takeovers", {}).items():
        allowed = allowed_seconds(how, evidence.lease_ms)
        for seconds in times:
            if seconds > allowed:
                yield Violation("takeover", how, f"took {seconds:.2f} s, allowed are {allowed:.2f}")


def moved(evidence):
    """How many executions have been under more than one epoch."""
    return sum(1 for rows in evidence.histories.values() if rows and rows[0].epoch != rows[-1].epoch)


def stale_deliveries(evidence):
    """Requests that arrived when the history had gone on under a higher epoch, or after another of that epoch. I4 has
    each of them match its intent."""
    recorded, seen = {}, {}
    for execution, rows in evidence.histories.items():
        first = {}
        for row in rows:
            first.setdefault(row.epoch, row.at)
        recorded[execution] = sorted(first.items())
    for entry in evidence.journal:
        if entry.event != "received":
            continue
        execution = entry.key.split("/", 1)[0]
        epochs = recorded.get(execution, [])
        later = bisect_right(epochs, (entry.epoch, float("inf")))
        arrived_ms = (entry.ns + evidence.wall_ahead_ns) / NS_PER_MS
        overtaken = later < len(epochs) and epochs[later][1] < arrived_ms
        if overtaken or entry.epoch < seen.get(execution, 0):
            yield entry
        seen[execution] = max(entry.epoch, seen.get(execution, 0))


def counts_of(evidence):
    """What several nodes add to the counts of a run."""
    times = evidence.nemesis.get("takeovers", {})
    numbers = {name: evidence.nemesis.get(name, 0) for name in ("stalls", "partitions", "isolations", "drains", "databaseRestarts", "inboxCommands")}
    return {"nodes": evidence.nodes, **numbers, "takeovers": sum(map(len, times.values())), "lapses": evidence.lapses,
            "changesOfShards": evidence.changes_of_shards, "moved": moved(evidence),
            "staleDeliveries": sum(1 for _ in stale_deliveries(evidence)),
            **{f"takeoverMsMax.{how}": round(1000 * max(seconds)) for how, seconds in times.items() if seconds}}


ALL = (taken_over_in_time,)
