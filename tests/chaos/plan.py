"""The orders of a run: what each one asks for, which fault strikes it, and how it may end. Everything from one seed."""
import random
from dataclasses import dataclass, replace

# The steps of workflows/checkout.yaml, in order.
FLOW = ["chargePayment", "reserveInventory", "createShipment"]
# How it retries a step, how an undo and a settling are retried by default, and the adapters' limit of calls at once. The
# time of a step's retries goes on while the server is down.
POLICY = {"step": {"attempts": 5, "durationMs": 30_000, "delayMs": 200, "multiplier": 2, "delayMsMax": 5_000, "jitterMs": 100},
          "undo": {"delayMs": 1_000, "multiplier": 2, "delayMsMax": 60_000}, "concurrency": 8}
SLOW_MS = 2600  # longer than the timeout of an attempt
HASTY_EACH = 10  # every tenth client hangs up before the first answer and asks again


@dataclass(frozen=True)
class Scenario:
    name: str
    weight: float
    expected: tuple
    address: str = "1 Quay Street"
    sku: str = "tea"
    faults: tuple = ()  # without orderId
    command: str | None = None  # of an operator, while it runs


def fault(service, operation, mode, count, **more):
    return {"service": service, "operation": operation, "mode": mode, "count": count, **more}


# Where a kill can change which attempt a counted fault strikes, both ends are allowed; and an attempt that a kill has cut
# is owed an undo even where its repetition is refused.
SCENARIOS = (
    Scenario("plain", 50, ("completed",)),
    Scenario("refusedByShipping", 10, ("compensated",), address="Nowhere"),
    Scenario("outOfStock", 8, ("compensated",), sku="sold-out"),
    Scenario("paymentRefused", 3, ("faulted", "compensated"), faults=(fault("payments", "do", "refuse", 1, status=402),)),
    Scenario("paymentSlow", 4, ("completed",), faults=(fault("payments", "do", "delay", 1, delayMs=SLOW_MS),)),
    Scenario("paymentReplyLost", 5, ("completed",), faults=(fault("payments", "do", "lostReply", 1),)),
    Scenario("inventoryLate", 3, ("completed",), faults=(fault("inventory", "do", "late", 1, delayMs=SLOW_MS),)),
    Scenario("inventoryGarbage", 3, ("completed", "compensated"), faults=(fault("inventory", "do", "garbage", 1),)),
    Scenario("shippingErrors", 4, ("completed",), faults=(fault("shipping", "do", "error", 2, status=500),)),
    Scenario("shippingDown", 2, ("completed",), faults=(fault("shipping", "do", "down", 2),)),
    # Five attempts fail, then the outcome is settled before it is undone.
    Scenario("shippingDead", 3, ("completed", "compensated"), faults=(fault("shipping", "do", "error", 6, status=503),)),
    Scenario("refundReplyLost", 3, ("compensated",), address="Nowhere",
             faults=(fault("payments", "undo", "lostReply", 1), fault("inventory", "undo", "error", 1, status=503))),
    # Nobody takes the money back: a person has to.
    Scenario("refundRefused", 2, ("parked",), address="Nowhere", faults=(fault("payments", "undo", "refuse", 1, status=409),)),
    # Every attempt is stuck on the way and arrives after the engine gave it up: the tombstone or the key must hold.
    Scenario("shippingStuck", 1, ("completed", "compensated"),
             faults=(fault("shipping", "do", "late", 5, delayMs=4 * SLOW_MS),)),
)

# Operators of several nodes are told of them; the delay is theirs to come in time.
COMMANDED = tuple(Scenario(name, 8, expected, faults=(fault("inventory", "do", "delay", 1, delayMs=1200),), command=command)
                  for name, command, expected in (("putToSleep", "suspend", ("completed",)),
                                                  ("calledOff", "cancel", ("completed", "compensated", "cancelled"))))
# Nobody takes the money back, however often an operator has it tried again.
COMMANDED += (Scenario("refundRetried", 4, ("parked",), address="Nowhere",
                       faults=(fault("payments", "undo", "refuse", 1, status=409),), command="retry"),)


@dataclass(frozen=True)
class Order:
    key: str
    scenario: Scenario
    input: dict
    hasty: bool

    @property
    def id(self):
        return self.input["orderId"]

    def rules(self):
        return [{**rule, "orderId": self.id} for rule in self.scenario.faults]


ANY_END = ("completed", "compensated", "faulted", "parked")


def make_orders(count, seed, abused=False, scenarios=SCENARIOS):
    """Each scenario at least once where `count` allows it, the rest by weight. Abused participants allow any end."""
    rng = random.Random(seed)
    drawn = list(scenarios[:count])
    drawn += rng.choices(scenarios, [scenario.weight for scenario in scenarios], k=count - len(drawn))
    rng.shuffle(drawn)
    if abused:
        drawn = [replace(scenario, expected=ANY_END) for scenario in drawn]
    orders = []
    for number, scenario in enumerate(drawn):
        items = [{"sku": scenario.sku, "quantity": rng.randint(1, 3)}, {"sku": "pot", "quantity": 1}]
        orders.append(Order(f"chaos-{seed}-{number}", scenario, {
            "orderId": f"order-{seed}-{number}", "amount": rng.randint(100, 99999) / 100, "currency": "EUR",
            "items": items, "address": scenario.address}, number % HASTY_EACH == 0))
    return orders


def minima_of(orders, kills):
    """Below these a run proves nothing. They are a fraction of what such a run reaches."""
    return {"orders": orders, "executions": orders, "kills": kills, "restarts": kills, "witnesses": kills,
            "resubmitted": orders // 20, "attemptsLost": kills // 2, "repeatedKeys": max(1, kills // 4),
            "retries": orders // 15, "unknowns": orders // 15, "lostReplies": max(1, orders // 40),
            "settles": max(1, orders // 200), "undos": orders // 5, "parked": 1, "gaps": orders // 30, "atOnce": POLICY["concurrency"] // 2,
            "outcome.completed": orders // 2, "outcome.compensated": orders // 10}


def abuse_minima_of(orders, abuses):
    """In place of the outcomes that a run without abuse reaches. Each abuse in turn spoils two of five answers."""
    return {"outcome.completed": orders // 10, "outcome.compensated": orders // 10, "gaps": 1, "settles": orders // 20,
            **{f"abuse.{name}": max(1, orders // (2 * len(abuses))) for name in abuses}}


def strike_minima_of(kills, kinds, rounds=None):
    """One strike goes before nearly every kill, or so many rounds, of each kind in turn; some find nothing to strike."""
    kills = kills if rounds is None else rounds
    each = max(kills // (3 * len(kinds)), int(kills > 1.25 * len(kinds)))
    return {"strikes": kills // 2, **{f"strike.{kind}": each for kind in kinds}}


def node_minima_of(orders, kills, rounds):
    """`rounds`: stalls, partitions, isolations, drains, databaseRestarts -> how many were asked for."""
    held_back = rounds["stalls"] + rounds["partitions"]
    lasting = held_back + rounds["isolations"]
    return {**rounds, "takeovers": lasting + rounds["drains"] + kills // 4, "lapses": lasting, "changesOfShards": 2 * lasting,
            "moved": orders // 30, "staleDeliveries": held_back // 3, "inboxCommands": orders // 30, "incidentsRetried": max(1, orders // 60)}
