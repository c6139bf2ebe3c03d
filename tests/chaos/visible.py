"""I10 and I18: what the server shows agrees with what it has stored. The counters are those of its last process."""
from collections import Counter

from violation import Violation

SHARDS = 256


def parked_is_visible(evidence):
    views, opened = evidence.views, set()
    for execution in evidence.histories:
        numbers = {(execution, number) for number in evidence.open_incidents(execution)}
        if evidence.end_of(execution):
            continue
        opened |= numbers
        stored = evidence.stored.get(execution)
        if stored and stored.open_incidents != len(numbers):
            yield Violation("I10", execution, f"{len(numbers)} incidents are open, its row says {stored.open_incidents}")
        if numbers and stored and stored.phase != "suspended":
            yield Violation("I10", execution, f"has an open incident and is {stored.phase}")
        for _, number in numbers - views.incidents:
            yield Violation("I10", execution, f"incident {number} is not in the list of incidents")
        for _, number in numbers - views.logged:
            yield Violation("I10", execution, f"incident {number} was never logged as an error")
    for execution, number in views.incidents - opened:
        yield Violation("I10", execution, f"incident {number} is in the list of incidents, but not open")
    gauge = views.total("skald_incidents_open")
    if gauge != len(opened):
        yield Violation("I10", "skald_incidents_open", f"is {gauge:g}, {len(opened)} are open")


def lists_agree_with_the_database(evidence):
    listed = evidence.views.executions
    for execution in set(listed) ^ set(evidence.stored):
        yield Violation("I18", execution, "is listed, but not stored" if execution in listed else "is stored, but not listed")
    for execution in set(listed) & set(evidence.stored):
        stored = evidence.stored[execution]
        if listed[execution] != (stored.phase, stored.outcome):
            yield Violation("I18", execution, f"is listed as {'/'.join(listed[execution])}, its row says {stored.phase}/{stored.outcome}")


def counted(rows):
    """(metric, labels) -> what these rows should have made of it."""
    wanted = Counter()
    for row in rows:
        if row.kind == "ExecutionStarted":
            wanted["skald_executions_started_total", ()] += 1
        elif row.kind == "ExecutionEnded":
            wanted["skald_executions_finished_total", (("outcome", row.data["outcome"]),)] += 1
        elif row.kind == "RetryScheduled":
            wanted["skald_step_retries_total", ()] += 1
        elif row.kind in ("StepCompleted", "UndoCompleted", "AttemptCompleted"):
            wanted["skald_step_attempts_total", (("result", "done"),)] += 1
        elif row.kind == "SettleEnded":
            wanted["skald_step_attempts_total", (("result", "done" if row.data["done"] else "refused"),)] += 1
        elif row.kind == "AttemptFailed":
            wanted["skald_step_attempts_total", (("result", row.data["outcome"]),)] += 1
        elif row.kind == "AttemptLost":
            wanted["skald_step_attempts_total", (("result", "lost"),)] += 1
        if row.kind == "UndoCompleted":
            wanted["skald_compensations_total", (("result", "completed"),)] += 1
    return wanted


def counters_agree_with_the_history(evidence):
    views = evidence.views
    wanted = counted(row for rows in evidence.histories.values() for row in rows if row.at >= views.since)
    for outcome in ("completed", "compensated", "cancelled", "faulted", "terminated"):
        wanted.setdefault(("skald_executions_finished_total", (("outcome", outcome),)), 0)
    for (name, labels), number in wanted.items():
        shown = views.total(name, **dict(labels))
        if shown != number:
            bears = "".join(f" {label}={value}" for label, value in labels)
            yield Violation("I18", name + bears, f"is {shown:g}, the history has {number}")


def gauges_agree_with_the_database(evidence):
    live = Counter(stored.phase for stored in evidence.stored.values() if stored.phase in ("running", "waiting", "suspended"))
    for phase in ("running", "waiting", "suspended"):
        shown = evidence.views.total("skald_executions_active", phase=phase)
        if shown != live[phase]:
            yield Violation("I18", f"skald_executions_active phase={phase}", f"is {shown:g}, {live[phase]} are stored")


def nodes_agree(evidence):
    """All of them show the same; each shard is with one of them."""
    for name in evidence.views.differing:
        yield Violation("I18", name, "lists other executions or incidents than the first node")
    if evidence.nodes > 1:
        held = evidence.views.total("skald_node_leases")
        if held != SHARDS:
            yield Violation("I18", "skald_node_leases", f"is {held:g} over all nodes, there are {SHARDS} shards")


ALL = (nodes_agree, parked_is_visible, lists_agree_with_the_database, counters_agree_with_the_history, gauges_agree_with_the_database)
