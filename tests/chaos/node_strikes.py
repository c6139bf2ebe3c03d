"""What befalls one node of several, chosen by chance: the strikes at its wires, and those that last longer than its lease."""
from contextlib import contextmanager

from strikes import server_stopped, wire_strikes


def node_strikes(cluster, pick):
    """The strikes of one server, each at a node of its own choice."""
    kinds = {"serverStopped": lambda: server_stopped(pick())}
    for name in ("participant", "database"):
        def wire_of(node, name=name):
            return node.participants if name == "participant" else node.database
        for kind in wire_strikes(name, wire_of(cluster.nodes[0])):
            def strike(kind=kind, name=name, wire_of=wire_of):
                return wire_strikes(name, wire_of(pick()))[kind]()
            kinds[kind] = strike
    return kinds


@contextmanager
def requests_held_back(node, seconds):
    """Each request of the node to a participant arrives so much later: after others have taken over, if that is enough."""
    node.participants.tell("delay", seconds=seconds)
    try:
        yield
    finally:
        node.participants.tell("pass")


@contextmanager
def parted_from_the_database(node, silently):
    """Its participants stay within reach. Half of the time nothing tells the node: what it sends is swallowed."""
    if silently:
        node.database.tell("swallow")
    else:
        node.database.tell("refuse")
        node.database.tell("cut")
    try:
        yield
    finally:
        node.database.tell("pass")
