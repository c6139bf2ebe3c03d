"""The promises, each as a function that yields what breaks it. They judge by order in time, never by counts alone."""
from collections import Counter, defaultdict

import takeovers
import timing
import visible
from violation import UNDO, Violation, first, is_undo

INTENTS = {"StepStarted", "AttemptStarted", "UndoStarted", "SettleStarted"}
AFTER_THE_END = {"ExecutionReplayed"}
TERMINAL = {"completed", "faulted", "cancelled"}


def acknowledged_starts_exist(evidence):
    for submission in evidence.submissions:
        for execution in set(submission.acknowledged):
            rows = evidence.histories.get(execution)
            if not rows:
                yield Violation("I1", execution, f"acknowledged for key {submission.key}, but has no history")
            elif rows[0].kind != "ExecutionStarted" or rows[0].position != 1:
                yield Violation("I1", execution, f"its history begins with {rows[0].kind} at {rows[0].position}")
            elif rows[0].data.get("input") != submission.input:
                yield Violation("I1", execution, "its input is not the one that was submitted")
            elif execution not in evidence.stored:
                yield Violation("I1", execution, "acknowledged, but it has no row in executions")


def one_execution_a_key(evidence):
    executions = defaultdict(set)
    for execution, stored in evidence.stored.items():
        executions[stored.key].add(execution)
    submitted = {submission.key for submission in evidence.submissions}
    for submission in evidence.submissions:
        found = executions[submission.key] | set(submission.acknowledged)
        if len(found) > 1:
            yield Violation("I2", submission.key, f"belongs to {len(found)} executions: {', '.join(sorted(found))}")
    for key in set(executions) - submitted:
        yield Violation("I2", str(key), "an execution exists for a key that nobody submitted")
    orders = defaultdict(set)
    for execution, rows in evidence.histories.items():
        if rows and rows[0].kind == "ExecutionStarted":
            orders[rows[0].data.get("input", {}).get("orderId")].add(execution)
    for order, found in orders.items():
        if len(found) > 1:
            yield Violation("I2", str(order), f"the order was started {len(found)} times")


def histories_are_dense(evidence):
    for execution, rows in evidence.histories.items():
        if [row.position for row in rows] != list(range(1, len(rows) + 1)):
            yield Violation("I3", execution, "its positions are not dense from 1")
        ended = False
        for row in rows:
            if ended and row.kind not in AFTER_THE_END:
                yield Violation("I3", execution, f"{row.kind} at {row.position} comes after the end")
                break
            ended = ended or row.kind == "ExecutionEnded"
        end, stored = evidence.end_of(execution), evidence.stored.get(execution)
        if stored is None:
            yield Violation("I3", execution, "it has a history, but no row in executions")
        elif (stored.phase in TERMINAL) != (end is not None):
            yield Violation("I3", execution, f"its row says {stored.phase}, its history {'ended' if end else 'goes on'}")
        elif end and (end.data["phase"], end.data["outcome"]) != (stored.phase, stored.outcome):
            yield Violation("I3", execution, f"its row says {stored.phase}/{stored.outcome}, its end another")


def requests_have_intents(evidence):
    intents = defaultdict(set)
    for execution, rows in evidence.histories.items():
        for row in rows:
            if row.kind in INTENTS:
                intents[evidence.key(execution, row.step), row.attempt].add(row.epoch)
    for entry in evidence.journal:
        if entry.event != "received":
            continue
        epochs = intents.get((entry.key, entry.attempt))
        if not epochs:
            yield Violation("I4", entry.key, f"attempt {entry.attempt} was received, but the history has no intent for it")
        elif entry.epoch not in epochs:
            yield Violation("I4", entry.key, f"attempt {entry.attempt} came with epoch {entry.epoch}, recorded {epochs}")


def steps_follow_their_predecessors(evidence):
    for execution in evidence.histories:
        for index, step in enumerate(evidence.flow):
            began = first(evidence.by_key.get(evidence.key(execution, step), []), "received", "do")
            if began is None:
                continue
            for before in evidence.flow[:index]:
                done = first(evidence.by_key.get(evidence.key(execution, before), []), "applied", "do")
                if done is None or done > began:
                    yield Violation("I5", execution, f"{step} was requested before {before} had its effect")


def one_body_a_key(evidence):
    for key, entries in evidence.by_key.items():
        hashes = {entry.body_hash for entry in entries}
        if len(hashes) > 1:
            yield Violation("I6", key, f"was sent with {len(hashes)} different bodies")


def effects_of(evidence, key):
    """(how often the do was applied, whether an undo was, whether the effect lives), from the journal in its order."""
    applied, undone, live = 0, False, False
    both = evidence.by_key.get(key, []) + evidence.by_key.get(key + UNDO, [])
    for entry in sorted(both, key=lambda e: e.sequence):
        if entry.event == "applied" and entry.operation == "do":
            applied, live = applied + 1, True
        elif entry.event == "applied":
            undone, live = True, False
    return applied, undone, live


def outcomes_tell_the_truth(evidence):
    for execution in evidence.histories:
        end = evidence.end_of(execution)
        if end is None:
            continue
        outcome = end.data["outcome"]
        for step in evidence.flow:
            applied, undone, live = effects_of(evidence, evidence.key(execution, step))
            if outcome == "completed" and applied != 1:
                yield Violation("I7", execution, f"completed, but {step} was applied {applied} times")
            elif outcome == "completed" and undone:
                yield Violation("I7", execution, f"completed, but {step} was undone")
            elif outcome in ("compensated", "cancelled") and live:
                yield Violation("I7", execution, f"{outcome}, but the effect of {step} stands")
            elif outcome == "faulted" and live and end.data.get("compensation") != "incomplete":
                yield Violation("I7", execution, f"faulted with nothing left to undo, but the effect of {step} stands")


def undos_run_backwards(evidence):
    for execution, rows in evidence.histories.items():
        started = {row.step: row.position for row in reversed(rows) if row.kind == "UndoStarted"}
        completed = {row.step: row.position for row in rows if row.kind == "UndoCompleted"}
        for index, step in enumerate(evidence.flow):
            undo = step + UNDO
            for later in (s + UNDO for s in evidence.flow[index + 1:]):
                if undo in started and later in started and started[undo] < completed.get(later, 1 << 62):
                    yield Violation("I8", execution, f"{undo} was started before {later} had completed")
                requested = first(evidence.by_key.get(evidence.key(execution, undo), []), "received")
                entries = evidence.by_key.get(evidence.key(execution, later), [])
                done = first(entries, "applied")
                if requested is not None and entries and (done is None or done > requested):
                    yield Violation("I8", execution, f"{undo} was requested before {later} had its effect")


def nothing_begins_while_undoing(evidence):
    for execution, rows in evidence.histories.items():
        undoing = False
        for row in rows:
            undoing = undoing or row.kind == "CompensationStarted"
            if undoing and row.kind == "StepStarted" and UNDO not in row.step:
                yield Violation("I9", execution, f"{row.step} was started at {row.position}, while undoing")


def epochs_never_go_back(evidence):
    for execution, rows in evidence.histories.items():
        epochs = [row.epoch for row in rows]
        if epochs != sorted(epochs):
            yield Violation("I11", execution, "an epoch is smaller than the one before it")


def everything_ends(evidence):
    for execution in set(evidence.stored) | set(evidence.histories):
        if evidence.end_of(execution) is None and not evidence.open_incidents(execution):
            yield Violation("I12", execution, "has neither ended nor an open incident")
    for submission in evidence.submissions:
        if not submission.acknowledged:
            yield Violation("I12", submission.key, "its start was never acknowledged")


def histories_only_grow(evidence):
    for execution, rows in evidence.witnesses:
        if evidence.histories.get(execution, [])[:len(rows)] != rows:
            yield Violation("I13", execution, f"the {len(rows)} events that were read before a restart are not its beginning")


def success_only_where_applied(evidence):
    for execution, rows in evidence.histories.items():
        for row in rows:
            if row.kind == "SettleEnded" and not row.data["done"]:
                continue
            if row.kind not in ("StepCompleted", "UndoCompleted", "SettleEnded"):
                continue
            key = evidence.key(execution, row.step)
            entries = evidence.by_key.get(key, [])
            if first(entries, "applied", "undo" if is_undo(key) else "do") is None:
                yield Violation("I14", key, f"{row.kind} is recorded, but the participant never applied it")
            elif not any(e.event == "replied" and 200 <= e.status < 300 for e in entries):
                yield Violation("I14", key, f"{row.kind} is recorded, but the participant never answered 2xx")


def ledgers_add_up(evidence):
    if not evidence.balance.get("balanced"):
        yield Violation("I17", "balance", "the participants' books do not add up")
    cents = {submission.order: round(submission.input["amount"] * 100) for submission in evidence.submissions}
    keys = {e.key: e.order for e in evidence.journal if e.service == "payments" and e.operation == "do"}
    owed = sum(cents.get(order, 0) for key, order in keys.items() if effects_of(evidence, key)[2])
    paid = evidence.balance.get("money", {}).get("shopCents")
    if owed != paid:
        yield Violation("I17", "balance", f"the shop has {paid} cents, the standing charges are {owed}")


def used_its_retries_up(evidence, rows):
    """Whether a step was given up after all its attempts, or after the time for them, which goes on while the server is
    down."""
    policy, started, failed = evidence.policy["step"], {}, Counter()
    for row in rows:
        if row.kind == "StepStarted":
            started[row.step] = row.at
        elif row.kind == "AttemptFailed":
            failed[row.step] += 1
        elif row.kind == "StepFailed" and (failed[row.step] >= policy["attempts"] or
                                           row.at - started.get(row.step, row.at) >= policy["durationMs"]):
            return True
    return False


def orders_end_as_planned(evidence):
    """Not one of the promises, but what keeps a run honest: faults lead to their outcome and plain orders complete."""
    for submission in evidence.submissions:
        for execution in set(submission.acknowledged):
            end = evidence.end_of(execution)
            if not end and not evidence.open_incidents(execution):
                continue  # I12
            outcome = end.data["outcome"] if end else "parked"
            if outcome in submission.expected:
                continue
            if outcome in ("compensated", "faulted") and used_its_retries_up(evidence, evidence.histories[execution]):
                continue
            yield Violation("plan", execution, f"{submission.scenario} ended {outcome}, not {' or '.join(submission.expected)}")


def the_database_is_sound(evidence):
    if evidence.integrity != "ok":
        yield Violation("database", "skald.db", f"integrity_check: {evidence.integrity}")


ALL = (acknowledged_starts_exist, one_execution_a_key, histories_are_dense, requests_have_intents,
       steps_follow_their_predecessors, one_body_a_key, outcomes_tell_the_truth, undos_run_backwards,
       nothing_begins_while_undoing, epochs_never_go_back, everything_ends, histories_only_grow,
       success_only_where_applied, ledgers_add_up, orders_end_as_planned, the_database_is_sound, *timing.ALL,
       *visible.ALL, *takeovers.ALL)


def violations_of(evidence):
    return [violation for invariant in ALL for violation in invariant(evidence)]
