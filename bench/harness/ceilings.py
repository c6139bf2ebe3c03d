"""What this machine could do at best, measured in the same run; README.md gives the reasons for the formula."""

COMMIT_ROWS = (1, 28, 76)


def measure(place, nginx, concurrencies, seconds):
    """Raw keep-alive requests at each concurrency, and durable commits of each size."""
    requests = {}
    for connections in sorted({1, *concurrencies}):  # 1 for the round trip of an idle machine
        use = place.tool("skald-load", "--server", f"127.0.0.1:{nginx.port}", "--path", "/done/first", "--expect-status", 200,
                         "--connections", connections, "--seconds", seconds, "--warmup", 0.3,
                         "--watch", f"participant={nginx.worker_pid}")
        if use["bad"]:
            raise RuntimeError(f"the participant did not answer as it should: {use['firstBad']}")
        requests[connections] = {
            "perSecond": use["perSecond"], "p50Ms": use["latencyMs"]["p50"],
            "clientMicros": use["processes"]["load"]["cpuMicros"],
            "serverMicros": use["processes"]["participant"]["cpuMicros"]}
    commits = {}
    for rows in COMMIT_ROWS:
        folder = place.folder(f"commits-{rows}")
        commits[rows] = place.tool("skald-commits", "--database", folder / "commits.db", "--rows", rows, "--seconds", seconds)
    return {"requests": requests, "commits": commits}


def bounds(measured, cores, concurrency, requests, commits, rows):
    """The three bounds, in executions a second, of work with so many requests, commits and rows an execution."""
    batch, single = measured["commits"][max(COMMIT_ROWS)], measured["commits"][1]
    # With few connections a request costs more CPU, since both ends sleep in between: the busiest figure is the floor.
    request_micros = min(r["clientMicros"] + r["serverMicros"] for r in measured["requests"].values())
    cpu_micros = requests * request_micros + rows * batch["cpuMicrosARow"]
    turn_seconds = (requests * measured["requests"][1]["p50Ms"] + commits * single["commitMs"]) / 1000
    return {"cpu": cores * 1e6 / cpu_micros, "disk": batch["rowsPerSecond"] / rows, "latency": concurrency / turn_seconds}


def bound(measured, cores, concurrency, requests, commits, rows):
    found = bounds(measured, cores, concurrency, requests, commits, rows)
    name = min(found, key=found.get)
    return {"perSecond": found[name], "boundBy": name, "bounds": found}
