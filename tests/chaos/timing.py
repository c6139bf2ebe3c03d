"""I15 and I16: how often and how fast the participants are called, by the histories and by the participants' own clock,
which is monotonic and that of the same machine."""
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from violation import Violation, is_undo

ANSWERED = "the participant answered"
STARTS = {"AttemptStarted", "SettleStarted"}
ROUNDING_MS = 1  # of two times in milliseconds
NS_PER_MS = 1_000_000
NOTED_LATE_MS = 5  # a participant notes a reply when it has left: the engine may have it before


def millis(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@dataclass(frozen=True)
class Retry:
    """A RetryScheduled: when it was decided, for when, after how many failures, by which policy."""
    step: str
    attempt: int
    decided: int
    at: int
    failures: int
    policy: str  # step, undo


def retries_of(rows):
    failures, settling, raised = Counter(), set(), {}
    for row in rows:
        if row.kind == "AttemptFailed":
            failures[row.step] += 1
        elif row.kind == "SettleStarted" and row.step not in settling:
            settling.add(row.step)
            failures[row.step] = 0
        elif row.kind == "IncidentRaised":
            raised[row.data["number"]] = row.step
        elif row.kind == "IncidentResolved":
            failures[raised.get(row.data["number"])] = 0
        elif row.kind == "RetryScheduled":
            policy = "undo" if is_undo(row.step) or row.step in settling else "step"
            yield Retry(row.step, row.attempt, row.at, millis(row.data["at"]), failures[row.step], policy)


def overtaken_of(rows):
    """(step, attempt) that were planned, but whose step was given up before: by a cancellation, or the end of its time. What
    is sent then under the same number settles the step, which has no reason to wait."""
    planned, overtaken = {}, set()
    for row in rows:
        if row.kind == "RetryScheduled":
            planned[row.step] = row.attempt
        elif row.kind == "AttemptStarted":
            planned.pop(row.step, None)
        elif row.kind == "StepFailed" and row.step in planned:
            overtaken.add((row.step, planned.pop(row.step)))
    return overtaken


def backoff(policy, failures):
    return min(policy["delayMs"] * policy["multiplier"] ** (failures - 1), policy["delayMsMax"])


def gaps_within_policy(evidence):
    for execution, rows in evidence.histories.items():
        for retry in retries_of(rows):
            policy = evidence.policy[retry.policy]
            least = backoff(policy, retry.failures)
            most = least + policy.get("jitterMs", 0)
            gap = retry.at - retry.decided
            if not least - ROUNDING_MS <= gap <= most + ROUNDING_MS:
                yield Violation("I15", evidence.key(execution, retry.step),
                                f"attempt {retry.attempt} was planned after {gap} ms, not {least} to {most}")


def attempts_within_policy(evidence):
    most = evidence.policy["step"]["attempts"]
    for execution, rows in evidence.histories.items():
        begun, failed, lost, settling, raised = defaultdict(set), Counter(), Counter(), set(), {}
        for row in rows:
            if row.kind == "SettleStarted":
                settling.add(row.step)
            if row.kind == "IncidentRaised":
                raised[row.data["number"]] = row.step
            if row.kind == "IncidentResolved":  # an operator's word begins the attempts anew
                step = raised.get(row.data["number"])
                failed[step] = lost[step] = 0
                begun[step].clear()
            if row.step in settling or is_undo(row.step):
                continue
            if row.kind in ("StepStarted", "AttemptStarted"):
                begun[row.step].add(row.attempt)
            failed[row.step] += row.kind == "AttemptFailed"
            lost[row.step] += row.kind == "AttemptLost"
        for step, attempts in begun.items():
            key = evidence.key(execution, step)
            received = {e.attempt for e in evidence.by_key.get(key, []) if e.event == "received"} & attempts
            if failed[step] > most:
                yield Violation("I15", key, f"{failed[step]} attempts failed, the policy allows {most}")
            elif len(received) > most + lost[step]:
                yield Violation("I15", key, f"{len(received)} attempts were received, the policy allows {most} and {lost[step]} were lost")


def certain_intervals(evidence):
    """(service, epoch of the process) -> [(from, to)] in nanoseconds: calls that the engine has waited for until they were answered,
    since it recorded their answer. Others may have been given up before the participant knew."""
    answered = set()
    for execution, rows in evidence.histories.items():
        running = {}
        for row in rows:
            if row.attempt and row.kind.endswith("Started"):
                running[row.step] = row.attempt
            elif row.kind in ("StepCompleted", "UndoCompleted", "SettleEnded") and row.step in running:
                answered.add((evidence.key(execution, row.step), running[row.step]))
    began, intervals = {}, defaultdict(list)
    for entry in evidence.journal:
        call = (entry.key, entry.attempt)
        if entry.event == "received":
            began[call] = entry.ns
        elif entry.event == "replied" and call in answered and call in began:
            left = max(began[call], entry.ns - NOTED_LATE_MS * NS_PER_MS)
            process = entry.epoch if evidence.nodes == 1 else 0  # of several each shard has one
            intervals[entry.service, process].append((began[call], left))
    return intervals


def most_at_once(evidence):
    """(number, service) of the most crowded moment."""
    found = (0, "")
    for (service, _), spans in certain_intervals(evidence).items():
        now = 0
        for _, change in sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]):
            now += change
            found = max(found, (now, service))
    return found


def concurrency_within_policy(evidence):
    number, service = most_at_once(evidence)
    most = evidence.policy["concurrency"] * evidence.nodes
    if number > most:
        yield Violation("I15", service, f"{number} calls at once, its adapter allows {most}")


def retries_received(evidence):
    """(key, retry, nanoseconds between the arrival of the attempt before and its own), where both have arrived and the
    first was answered: a request whose connection is lost may arrive after the engine has given it up."""
    arrived = {}
    for entry in evidence.journal:
        if entry.event == "received":
            arrived.setdefault((entry.key, entry.attempt), entry.ns)
    for execution, rows in evidence.histories.items():
        answered = {(row.step, row.attempt) for row in rows
                    if row.kind == "AttemptFailed" and row.data["error"]["title"].startswith(ANSWERED)}
        overtaken = overtaken_of(rows)
        for retry in retries_of(rows):
            key = evidence.key(execution, retry.step)
            before, own = arrived.get((key, retry.attempt - 1)), arrived.get((key, retry.attempt))
            if before is not None and own is not None and (retry.step, retry.attempt - 1) in answered and (
                    retry.step, retry.attempt) not in overtaken:
                yield key, retry, own - before


def delays_are_never_early(evidence):
    for execution, rows in evidence.histories.items():
        planned = {(retry.step, retry.attempt): retry.at for retry in retries_of(rows)}
        for gone in overtaken_of(rows):
            del planned[gone]
        for row in rows:
            at = planned.get((row.step, row.attempt))
            if row.kind in STARTS and at is not None and row.at < at:
                yield Violation("I16", evidence.key(execution, row.step),
                                f"attempt {row.attempt} was started {at - row.at} ms before its time")
    for key, retry, gap in retries_received(evidence):
        planned = retry.at - retry.decided - 2 * ROUNDING_MS
        if gap < planned * NS_PER_MS:
            yield Violation("I16", key, f"attempt {retry.attempt} arrived {gap / NS_PER_MS:.1f} ms after the one before, "
                                        f"planned were {retry.at - retry.decided}")


ALL = (gaps_within_policy, attempts_within_policy, concurrency_within_policy, delays_are_never_early)
