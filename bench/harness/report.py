"""Tables for people, lines of JSON for programs, and the goals that the figures are held against."""
import json
import platform
import subprocess
import time
from pathlib import Path

from . import memory, shares
from .workplace import BENCH, cores

MIB = 1 << 20


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    revision = subprocess.run(["git", "-C", str(BENCH), "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return {"kind": "machine", "cores": cores(), "processor": model, "kernel": platform.release(), "revision": revision,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


class Results:
    """One file of JSON lines a run, in bench/results."""

    def __init__(self):
        folder = BENCH / "results"
        folder.mkdir(exist_ok=True)
        self.path = folder / time.strftime("%Y%m%dT%H%M%SZ.jsonl", time.gmtime())

    def add(self, record):
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")


def show_machine(record):
    print(f"{record['processor']}, {record['cores']} cores, Linux {record['kernel']}, revision {record['revision']}\n")


def show_ceilings(measured):
    print("ceilings of this machine     a second    latency ms     CPU us")
    for connections, raw in measured["requests"].items():
        print(f"  requests at {connections:>4} conn.  {raw['perSecond']:>12,.0f}  {raw['p50Ms']:>10.3f}     "
              f"{raw['clientMicros']:.1f} client + {raw['serverMicros']:.1f} server")
    for rows, commit in measured["commits"].items():
        print(f"  commits of {rows:>3} rows     {commit['commitsPerSecond']:>12,.0f}  {commit['commitMs']:>10.3f}     "
              f"{commit['cpuMicrosARow']:.1f} a row, {commit['writtenBytesARow']:,.0f} bytes a row")
    print(flush=True)


def show_point_head():
    print("                            ms              CPU us an execution     an execution         RSS MiB    share of the probe               of the bound")
    print("variant   conc.  exec/s     p50     p99    engine  partic.   load   rows  written B   now   peak       exec/s         CPU", flush=True)


def number(value, form):
    """`value` in `form`, or a dash of the same width where there was nothing to measure."""
    return "-".rjust(int(form.split(".")[0].rstrip(",") or 1)) if value is None else format(value, form)


def share_of_probe(point):
    if "probe" not in point:
        return "     -"
    probe, cpu_share = point["probe"], point.get("cpuShareOfProbe", 0)
    return f"{100 * point['shareOfProbe']:>4.0f} % of {probe['perSecond']:>6,.0f}  {probe['cpuMicros']['probe']:>6.1f} ({100 * cpu_share:.0f} %)"


def share_of_bound(point):
    if "bound" not in point:
        return "     -"
    return f"{100 * point['shareOfBound']:>4.0f} % of {point['bound']['perSecond']:,.0f} ({point['bound']['boundBy']})"


def show_point(point):
    cpu, latency = point["cpuMicros"], point["latencyMs"]
    shares = f"{share_of_probe(point):<32} {share_of_bound(point)}"
    if "database" in cpu:
        shares += f"   database: {cpu['database']:.1f} us an execution"
    print(f"{point['variant']:<9} {point['concurrency']:>5} {point['perSecond']:>7,.0f} {number(latency['p50'], '7.2f')} {number(latency['p99'], '7.2f')}"
          f"  {number(cpu['engine'], '8.1f')} {number(cpu['participant'], '8.1f')} {number(cpu['load'], '6.1f')} {point['historyRows']:>6.1f}"
          f" {number(point['writtenBytes'], '10,.0f')} {point['residentBytes'] / MIB:>5.0f} {point['residentPeakBytes'] / MIB:>6.0f} {shares}", flush=True)
    if point["bad"] or point["unanswered"]:
        print(f"          {point['bad']} bad and {point['unanswered']} unanswered: {point['badKinds']} {point['firstBad']}")


def show_memory(record):
    extra = "".join(f", {text}" for text in (
        f"{record['startsPerSecond']:,.0f} starts/s" if "startsPerSecond" in record else "",
        f"{record['storedBytes']:,.0f} bytes on disk each" if "storedBytes" in record else "",
        f"ready after {record['secondsToReady']:.1f} s" if "secondsToReady" in record else "") if text)
    print(f"  {record['what']:<36} RSS {record['residentBytes'] / MIB:>6.1f} MiB (peak {record['residentPeakBytes'] / MIB:.1f},"
          f" empty {record['emptyBytes'] / MIB:.1f}){extra}", flush=True)


def show_record(record):
    (show_memory if record["kind"] == "memory" else shares.show)(record)


def goals_of_point(point):
    """(what, value as text, met) for every goal that this point has."""
    postgres = "database" in point["cpuMicros"]
    busy, refused = point["concurrency"] in (64, 256), point["variant"] == "refused"
    label = f"{point['variant']} at {point['concurrency']}"
    yield f"{label}: every answer as expected", f"{point['bad'] + point['unanswered']} bad", not point["bad"] and not point["unanswered"]
    if postgres:
        if point["concurrency"] == 64 and not refused:
            yield f"{label}: at least 5,000 a second", f"{point['perSecond']:,.0f}", point["perSecond"] >= 5_000
        return
    if busy:
        least = 5_000 if refused else 8_000
        yield f"{label}: at least {least:,} a second", f"{point['perSecond']:,.0f}", point["perSecond"] >= least
    if busy and not refused:
        share, cpu = point.get("shareOfProbe", 0), point["cpuMicros"]["engine"] or float("inf")
        yield f"{label}: at least half of the probe", f"{100 * share:.0f} %; of the bound {100 * point.get('shareOfBound', 0):.0f} %", share >= 0.5
        yield f"{label}: at most 140 us of engine CPU", f"{cpu:.1f}", cpu <= 140
    if point["concurrency"] == 1 and not refused:
        p50 = point["latencyMs"]["p50"] or float("inf")
        yield f"{label}: p50 below 2 ms", f"{p50:.2f}", p50 < 2


def goals_of_memory(record):
    most = (150 if record["executions"] == memory.IN_FLIGHT else 100) * 1_000_000
    yield f"{record['what']}: below {most // 1_000_000} MB", f"{record['residentBytes'] / 1e6:.1f}", record["residentBytes"] < most


def show_goals(records):
    kinds = {"memory": goals_of_memory, "point": goals_of_point}
    goals = [goal for record in records for goal in kinds.get(record["kind"], shares.goals)(record)]
    missed = [goal for goal in goals if not goal[2]]
    print(f"\n{len(goals) - len(missed)} of {len(goals)} goals met" + (":" if missed else "."))
    for what, value, _ in missed:
        print(f"  missed: {what} (got {value})")
    return not missed
