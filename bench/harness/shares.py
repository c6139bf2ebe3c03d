"""Lines for people, and goals, of what bench/run compares within one run: growth, waiting executions, two nodes."""

MIB = 1 << 20


def show(record):
    {"growth": show_growth, "poison": show_poison, "waiting": show_waiting, "nodes": show_nodes, "takeover": show_takeover, "handOver": show_hand_over}[record["kind"]](record)


def line_of(figures):
    database = f", {figures['databaseMicros']:.0f} us in the database" if "databaseMicros" in figures else ""
    return (f"{figures['perSecond']:>7,.0f} exec/s, p50 {figures['p50Ms']:.2f} ms, p99 {figures['p99Ms']:.2f} ms, CPU an execution {figures['engineMicros']:.0f} us{database}"
            + (f", {figures['bad']} BAD" if figures["bad"] else ""))


def micros(figures):
    """Of engine and database."""
    return figures["engineMicros"] + figures.get("databaseMicros", 0)


def show_growth(record):
    empty, full = record["empty"], record["full"]
    print(f"{record['database']}, {record['executions']:,} ended executions: {record['historyRows']:.1f} rows and {record['storedBytes']:,.0f} bytes each;"
          f" a start is ready after {record['secondsToReady']:.2f} s with {record['residentBytes'] / MIB:.0f} MiB")
    print(f"  empty  {line_of(empty)}\n  full   {line_of(full)}")
    print(f"  full by empty: {100 * full['perSecond'] / empty['perSecond']:.0f} % of the throughput, {100 * micros(full) / micros(empty):.0f} % of the CPU", flush=True)


def show_poison(record):
    healthy, poisoned = record["healthy"], record["poisoned"]
    print(f"{record['database']}, poisoned executions: {', '.join(f'{count} {name}' for name, count in record['started'].items())}")
    print(f"  what became of them by the end: {', '.join(f'{count} {name}' for name, count in sorted(record['ends'].items()))}")
    print(f"  without  {line_of(healthy)}\n  among    {line_of(poisoned)}")
    print(f"  among by without: {100 * poisoned['perSecond'] / healthy['perSecond']:.0f} % of the throughput", flush=True)


def show_waiting(record):
    late = record["lateMs"]
    print(f"{record['database']}, {record['executions']:,} waiting executions, {record['storedBytes']:,.0f} bytes each: a start is ready after {record['secondsToReady']:.2f} s,"
          f" RSS {record['residentBytes'] / MIB:.0f} MiB (peak {record['residentPeakBytes'] / MIB:.0f}, empty {record['emptyBytes'] / MIB:.0f}),"
          f" {100 * record['idleCpuShare']:.1f} % of a core while nothing is due")
    print(f"  {record['due']:,} became due: late by p50 {late['p50']} ms, p99 {late['p99']} ms, at most {late['max']} ms, at least {late['min']} ms", flush=True)


def show_nodes(record):
    for name in ("one", "two"):
        for turn in record[name]:
            of_nodes = "; ".join(f"{node}: {figures['perSecond']:,.0f}, p50 {figures['p50Ms']:.2f}, p99 {figures['p99Ms']:.2f} ms, {figures['engineMicros']:.0f} us"
                                 for node, figures in turn["nodes"].items())
            print(f"{name} node{'s' if name == 'two' else ' '} {turn['perSecond']:>7,.0f} exec/s, {turn['databaseMicros']:.0f} us in the database ({of_nodes})"
                  + (f", {turn['bad']} BAD" if turn["bad"] else ""), flush=True)


def show_takeover(record):
    print(f"kill -9 with a lease of {record['lease']}: first resumed {record['fromRenewal']:.2f} s after the last renewal, {record['fromDeath']:.2f} s after"
          f" the death; all {record['held']} after {record['allFromDeath']:.2f} s", flush=True)


def show_hand_over(record):
    print(f"SIGTERM: the other node has all shards after {record['seconds']:.2f} s, the process has ended after {record['secondsToEnd']:.2f} s,"
          f" {record['leftLive']} executions still live a second later", flush=True)


def goals(record):
    """(what, value as text, met)."""
    if record["kind"] == "growth":
        label, empty, full = f"{record['database']} with {record['executions']:,} ended", record["empty"], record["full"]
        yield f"{label}: every answer as expected", f"{empty['bad'] + full['bad']} bad", not empty["bad"] and not full["bad"]
        share = micros(full) / micros(empty)
        yield f"{label}: at most 10 % more CPU than empty", f"{100 * share:.0f} %", share <= 1.1
        share = full["perSecond"] / empty["perSecond"]
        yield f"{label}: at most 10 % slower than empty", f"{100 * share:.0f} %", share >= 0.9
    if record["kind"] == "poison":
        healthy, poisoned = record["healthy"], record["poisoned"]
        yield "poison: every answer of a healthy one as expected", f"{healthy['bad'] + poisoned['bad']} bad", not healthy["bad"] and not poisoned["bad"]
        share = poisoned["perSecond"] / healthy["perSecond"]
        yield "poison: at least 90 % of the throughput", f"{100 * share:.0f} %", share >= 0.9
    if record["kind"] == "waiting":
        yield f"{record['executions']:,} waiting: below 100 MB", f"{record['residentBytes'] / 1e6:.1f}", record["residentBytes"] < 100e6
        yield f"{record['executions']:,} waiting: none early", f"{record['lateMs']['min']} ms", record["lateMs"]["min"] >= 0
        yield f"{record['executions']:,} waiting: p99 late by less than 2 s", f"{record['lateMs']['p99']} ms", record["lateMs"]["p99"] < 2000
    if record["kind"] == "takeover":
        most = float(record["lease"].removeprefix("PT").removesuffix("S")) + 5
        yield f"takeover with {record['lease']}: within the lease and 5 s", f"{record['fromRenewal']:.1f} s", record["fromRenewal"] < most
