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
from databases import Postgres, SqliteFile
from disk import Disk
from evidence import read_run
from nemesis import Nemesis
from plan import FLOW, POLICY, abuse_minima_of, make_orders, minima_of, strike_minima_of
from programs import Abuser, Samples, Server
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
    parser.add_argument("--concurrency", type=int, default=16, help="starts in flight at once")
    parser.add_argument("--pace", type=float, default=1, help="of the pauses between kills and strikes; 0.5 halves them")
    parser.add_argument("--settle", type=float, default=180, help="seconds after the last kill until everything must have ended")
    parser.add_argument("--workflows", type=Path, default=WORKFLOWS, help="folder that holds checkout.yaml")
    parser.add_argument("--folder", type=Path, help="where to keep the evidence; empty, or not there yet")
    return parser.parse_args()


def open_database(options, folder):
    if options.postgres:
        return Postgres(folder)
    return SqliteFile(folder, options.disk and Disk(options.disk, folder / "skald.db", folder, options.power_loss, options.lying_disk))


def run(options, folder):
    """Leaves the evidence in `folder`."""
    database = open_database(options, folder)
    samples = Samples(options.samples, folder, options.seed)
    clock = Clock(options.clock, folder) if options.clock else None
    environment = {**database.environment(), **(clock.environment() if clock else {})}
    abuser = Abuser(samples.address, folder, options.seed) if options.abuse else None
    wire = Wire((abuser or samples).address)
    server = Server(options.skald, folder, database.storage, options.workflows, f"http://{wire.address}", environment)
    orders = make_orders(options.orders, options.seed, options.abuse)
    submitter = Submitter(server, samples, orders, Log(folder / "submissions.jsonl"), options.concurrency)
    strikes = {**wire_strikes("participant", wire), **database.strikes(), **(clock.strikes() if clock else {})}
    nemesis = Nemesis(server, database, submitter, strikes, folder, options.kills, options.seed, options.pace)
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
        views.collect(server.base, folder, server.spawned_at_ms)
        code = server.stop()
        if code != 0:
            raise RuntimeError(f"the server's clean shutdown ended with {code}")
    finally:
        submitter.close()
        if server.process and server.process.poll() is None:
            server.kill()
        samples.stop()
        wire.stop()
        if abuser:
            abuser.stop()
        if options.postgres:
            database.copy(folder)
        database.stop()
    (folder / "run.json").write_text(json.dumps({
        "flow": FLOW, "policy": POLICY, "seed": options.seed,
        "minima": {**minima_of(options.orders, options.kills), **strike_minima_of(options.kills, nemesis.strikes.kinds),
                   **database.minima(options.kills),
                   **(abuse_minima_of(options.orders, [abuse.__name__ for abuse in ALL_ABUSES]) if abuser else {})},
        "nemesis": {"kills": nemesis.kills, "restarts": nemesis.restarts, "exits": nemesis.exits,
                    "strikes": nemesis.strikes.counts, "disk": database.counts(), "abuse": abuser.counts if abuser else {}}}, indent=1))


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
