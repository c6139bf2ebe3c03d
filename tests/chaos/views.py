"""What the server, or each node, shows of itself at the end of a run: its lists, its metrics, its log. Collected through the
API only."""
import json
import re
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from programs import request

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def all_items(base, path):
    items, cursor = [], ""
    while cursor is not None:
        status, page = request(base, "GET", f"{path}?limit=500{cursor and '&cursor=' + cursor}", timeout=30)
        if status != 200:
            raise RuntimeError(f"{path} was answered {status}: {page}")
        items += page["items"]
        cursor = page["nextCursor"]
    return items


def metrics_of(base):
    with urllib.request.urlopen(f"{base}/metrics", timeout=30) as answer:
        return answer.read().decode()


def look_at(base):
    return {"metrics": metrics_of(base), "executions": all_items(base, "/v1/executions"), "incidents": all_items(base, "/v1/incidents")}


def collect(bases, folder, spawned_at_ms):
    """`bases`: name -> address. `spawned_at_ms`: the counters began then, of all of them."""
    (Path(folder) / "views.json").write_text(json.dumps({
        "spawnedAtMs": spawned_at_ms, "nodes": {name: look_at(base) for name, base in bases.items()}}))


@dataclass
class Views:
    since: int  # milliseconds since 1970: the last start of the process, whose counters these are
    executions: dict  # id -> (phase, outcome)
    incidents: set  # (execution, number)
    metrics: dict  # (name, ((label, value), ...)) -> value
    logged: set = field(default_factory=set)  # (execution, number) of incidents that were told at level ERROR
    differing: list = field(default_factory=list)  # nodes whose lists are not those of the first

    def total(self, name, **labels):
        """Sum over the samples of that name that bear these labels."""
        wanted = set(labels.items())
        return sum(value for (found, has), value in self.metrics.items() if found == name and wanted <= set(has))


def read_metrics(text):
    return {(name, tuple(LABEL.findall(labels))): float(value) for name, labels, value in SAMPLE.findall(text)}


def read_logged(path):
    logged = set()
    for line in Path(path).read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue  # cut off by a kill
        attributes = entry.get("attributes", {})
        if entry.get("severity_text") == "ERROR" and "incident" in attributes:
            logged.add((attributes["execution"], int(attributes["incident"])))
    return logged


def logs_of(folder):
    return sorted(Path(folder).glob("server.log")) + sorted(Path(folder).glob("*/server.log"))


def lists_of(told):
    return ({e["id"]: (e["phase"], e["outcome"] or "") for e in told["executions"]},
            {(i["execution"], i["number"]) for i in told["incidents"]})


def read_views(folder):
    """The lists of the first node, the sums of all metrics, what any log says."""
    told = json.loads((Path(folder) / "views.json").read_text())
    nodes, metrics = list(told["nodes"].items()), Counter()
    for _, node in nodes:
        metrics.update(read_metrics(node["metrics"]))
    lists = lists_of(nodes[0][1])
    return Views(told["spawnedAtMs"], *lists, dict(metrics), set().union(*map(read_logged, logs_of(folder))),
                 [name for name, node in nodes if lists_of(node) != lists])
