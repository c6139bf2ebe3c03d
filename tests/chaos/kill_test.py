#!/usr/bin/env python3
"""Kills `skald serve` with SIGKILL while it runs checkouts against misbehaving participants over a misbehaving network,
and has an independent checker judge what is left.

kill_test.py --skald build/release/skald --samples build/release/skald-samples [--orders 300] [--kills 12] [--seed 1]

Exit codes are those of check.py, 4 where the run itself failed, 5 where a disk lied unseen. Only loopback is used, and only processes that were
started here are ended.
"""
import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import check
import views
from abuses import ALL as ALL_ABUSES
from clock import Clock
from cluster import Cluster
from databases import Postgres, SqliteFile
from disk import Disk
from evidence import read_run
from nemesis import Nemesis
from node_nemesis import NodeNemesis
from operators import Operators
from plan import (COMMANDED, FLOW, POLICY, SCENARIOS, abuse_minima_of, make_orders, minima_of, node_minima_of,
                  strike_minima_of)
from programs import Abuser, Samples, Server, checkout_alone
from strikes import wire_strikes
from submitter import Log, Submitter
from wire import Wire

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
TEETH = {True: 0, False: 5}  # by whether the checker saw that the disk lies
STUCK_SECONDS = 15  # an order may still be on its way to a participant when its execution has ended


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skald", required=True, help="the server's binary")
    parser.add_argument("--samples", required=True, help="the participants' binary")
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="store in a PostgreSQL 15 of the run's own, and strike it too")
    parser.add_argument("--disk", type=Path, help="libdisk_faults.so: strike the disk below SQLite too")
    parser.add_argument("--power-loss", action="store_true", help="with --disk: every kill loses what was not synced")
    parser.add_argument("--lying-disk", action="store_true", help="with --power-loss: syncing does nothing, and 0 means that the checker has seen it")
    parser.add_argument("--clock", type=Path, help="libclock_jumps.so: the server's clock jumps; not together with --disk")
    parser.add_argument("--abuse", action="store_true", help="participants that answer badly in every way")
    parser.add_argument("--nodes", type=int, default=1, help="with --postgres: so many share it; what follows is for them")
    parser.add_argument("--lease", type=float, default=2, help="seconds")
    parser.add_argument("--stalls", type=int, default=2, help="SIGSTOP for longer than the lease")
    parser.add_argument("--partitions", type=int, default=2, help="from the database, for longer than the lease")
    parser.add_argument("--isolations", type=int, default=0, help="from everything, for longer than the lease; each node in a network namespace, which needs root")
    parser.add_argument("--drains", type=int, default=2, help="SIGTERM and start")
    parser.add_argument("--database-restarts", type=int, default=0, help="beside those among the strikes")
    parser.add_argument("--concurrency", type=int, default=16, help="starts in flight at once")
    parser.add_argument("--pace", type=float, default=1, help="of the pauses between kills and strikes; 0.5 halves them")
    parser.add_argument("--settle", type=float, default=180, help="seconds after the last kill until everything must have ended")
    parser.add_argument("--workflows", type=Path, default=WORKFLOWS, help="folder that holds checkout.yaml")
    parser.add_argument("--folder", type=Path, help="where to keep the evidence; empty, or not there yet")
    options = parser.parse_args()
    if options.isolations and options.nodes < 2:
        parser.error("--isolations is for --nodes")
    if options.nodes > 1 and (not options.postgres or options.clock):
        parser.error("--nodes is for --postgres, and not together with --clock")
    return options


def open_database(options, folder):
    if options.postgres:
        return Postgres(folder)
    return SqliteFile(folder, options.disk and Disk(options.disk, folder / "skald.db", folder, options.power_loss, options.lying_disk))


def one_server(options, folder, database, samples, participants):
    """(server, submitter, nemesis, what else is to be stopped)"""
    clock = Clock(options.clock, folder) if options.clock else None
    environment = {**database.environment(), **(clock.environment() if clock else {})}
    wire = Wire(participants)
    server = Server(options.skald, folder, database.storage, options.workflows, f"http://{wire.address}", environment)
    orders = make_orders(options.orders, options.seed, options.abuse)
    submitter = Submitter(server, samples, orders, Log(folder / "submissions.jsonl"), options.concurrency)
    strikes = {**wire_strikes("participant", wire), **database.strikes(), **(clock.strikes() if clock else {})}
    nemesis = Nemesis(server, database, submitter, strikes, folder, options.kills, options.seed, options.pace)
    return server, submitter, nemesis, [wire.stop]


def several_nodes(options, folder, database, samples, participants):
    cluster = Cluster(options, folder, database, participants)
    orders = make_orders(options.orders, options.seed, options.abuse, SCENARIOS + COMMANDED)
    submitter = Submitter(cluster, samples, orders, Log(folder / "submissions.jsonl"), options.concurrency, patience=2)
    operators = Operators(cluster, submitter, options.seed)
    nemesis = NodeNemesis(cluster, database, submitter, folder, options)
    return cluster, submitter, nemesis, [operators.close, cluster.stop_wires]


def run(options, folder):
    """Leaves the evidence in `folder`."""
    options.workflows = checkout_alone(options.workflows, folder)
    database = open_database(options, folder)
    samples = Samples(options.samples, folder, options.seed)
    abuser = Abuser(samples.address, folder, options.seed) if options.abuse else None
    build = several_nodes if options.nodes > 1 else one_server
    server, submitter, nemesis, stops = build(options, folder, database, samples, (abuser or samples).address)
    try:
        began = time.monotonic()
        nemesis.run()
        print(f"{nemesis.kills} kills and {nemesis.strikes.counts.total()} strikes in {time.monotonic() - began:.1f} s", flush=True)
        deadline = time.monotonic() + options.settle
        submitter.wait_until_started(deadline)
        unfinished = submitter.wait_until_ended(deadline)
        print(f"everything but {len(unfinished)} ended {time.monotonic() - began:.1f} s after the first start", flush=True)
        wait_for_late_requests(folder, time.monotonic() + STUCK_SECONDS)
        (folder / "balance.json").write_text(json.dumps(samples.balance()))
        server.settle()
        views.collect(server.bases(), folder, server.spawned_at_ms)
        nemesis.finish()
        code = server.stop()
        if code != 0:
            raise RuntimeError(f"the server's clean shutdown ended with {code}")
    finally:
        submitter.close()
        server.close()
        samples.stop()
        for stop in stops:
            stop()
        if abuser:
            abuser.stop()
        if options.postgres:
            database.copy(folder)
        database.stop()
    (folder / "run.json").write_text(json.dumps(run_of(options, database, nemesis, abuser), indent=1))


def run_of(options, database, nemesis, abuser):
    """What the checker must know of the run itself."""
    asked_for = {"stalls": options.stalls, "partitions": options.partitions, "isolations": options.isolations, "drains": options.drains,
                 "databaseRestarts": options.database_restarts}
    return {
        "flow": FLOW, "policy": POLICY, "seed": options.seed, "nodes": options.nodes, "leaseMs": round(1000 * options.lease),
        "wallAheadNs": time.time_ns() - time.monotonic_ns(),
        "minima": {**minima_of(options.orders, options.kills), **strike_minima_of(options.kills, nemesis.strikes.kinds, nemesis.struck),
                   **database.minima(options.kills),
                   **(abuse_minima_of(options.orders, [abuse.__name__ for abuse in ALL_ABUSES]) if abuser else {}),
                   **(node_minima_of(options.orders, options.kills, asked_for) if options.nodes > 1 else {})},
        "nemesis": {"kills": nemesis.kills, "restarts": nemesis.restarts, "exits": nemesis.exits,
                    "strikes": nemesis.strikes.counts, "disk": database.counts(), "abuse": abuser.counts if abuser else {},
                    **nemesis.counts}}


def wait_for_late_requests(folder, deadline):
    """Until every request that was received has been answered, or its connection cut."""
    while time.monotonic() < deadline:
        events = [json.loads(line)["event"] for line in (folder / "journal.jsonl").read_text().splitlines()]
        if events.count("received") == events.count("replied") + events.count("cut"):
            return
        time.sleep(0.5)


def main():
    options = parse()
    keep = options.folder is not None
    folder = options.folder or Path(tempfile.mkdtemp(prefix="skald-chaos-"))
    if keep:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            print(f"error: {folder} is not empty", file=sys.stderr)
            return 4
    try:
        run(options, folder)
    except Exception as error:
        print(f"error: the run failed: {error!r}; evidence in {folder}", file=sys.stderr)
        return 4
    code = check.report(*read_run(folder))
    if options.lying_disk:
        code = TEETH[code == 1]
    if code == 0 and not keep:
        shutil.rmtree(folder)
    else:
        print(f"evidence in {folder}; judge it again with check.py")
    return code


if __name__ == "__main__":
    sys.exit(main())
