#!/usr/bin/env python3
"""Every definition of workflows/ runs on one server against the sample participants, well and badly, and does what its
first lines say.

examples_test.py --skald build/release/skald --samples build/release/skald-samples
"""
import time
import unittest

from databases import SqliteFile
from programs import request
from server_case import WORKFLOWS, ServerCase, main

BOOK = {"sku": "book", "quantity": 1}
SOLD_OUT = {"sku": "sold-out", "quantity": 1}


class Examples(ServerCase):
    def setUp(self):
        super().setUp()
        lead = f"127.0.0.1:9090={self.samples.base.removeprefix('http://')}"  # the server of workflows/openapi/shop.yaml
        self.server = self.make_server(SqliteFile(self.folder).storage, workflows=WORKFLOWS, arguments=("--http-connect-to", lead))
        self.server.spawn()
        self.server.wait_until_ready()
        self.orders = self.sent = 0

    def run_order(self, workflow, **fields):
        """The execution, when it has ended."""
        self.orders += 1
        order = {"orderId": f"o{self.orders}", "amount": 10, "currency": "EUR", "address": "1 Main Street", "items": [BOOK], **fields}
        status, ended = request(self.server.base, "POST", f"/v1/workflows/shop/{workflow}/executions", order, {"Prefer": "wait=20"}, timeout=30)
        self.assertIn(status, (200, 201), ended)
        self.assertIn("outcome", ended, ended)
        return order["orderId"], ended

    def effects(self, order, state):
        """service:order of each effect in that state, of the order and of its parts."""
        effects = request(self.samples.base, "GET", "/audit")[1]["items"]
        mine = [effect for effect in effects if effect["orderId"] == order or effect["orderId"].startswith(order + "-")]
        return sorted(f"{effect['service']}:{effect['orderId']}" for effect in mine if effect["state"] == state)

    def standing(self, order):
        return self.effects(order, "standing")

    def expect(self, ended, outcome, **fields):
        self.assertEqual(ended["outcome"], outcome, ended)
        for name, value in fields.items():
            self.assertEqual(ended[name], value, ended)

    def test_each_has_a_test(self):
        tested = {"checkout"}  # kill_test.py, demo_test.py and many more
        tested |= {name[5:].split("__")[0].replace("_", "-") for name in dir(self) if "__" in name and name.startswith("test_")}
        self.assertEqual({path.stem for path in WORKFLOWS.glob("*.yaml")}, tested)

    def test_order_by_openapi__completes(self):
        order, ended = self.run_order("order-by-openapi")
        self.expect(ended, "completed")
        self.assertEqual(sorted(ended["output"]), ["charge", "orderId", "shipment"])
        self.assertEqual(self.standing(order), [f"{service}:{order}" for service in ("payments", "shipping")])

    def test_order_by_openapi__is_undone(self):
        order, ended = self.run_order("order-by-openapi", address="Nowhere")
        self.expect(ended, "compensated")
        self.assertEqual(self.effects(order, "undone"), [f"payments:{order}"])

    def test_order_by_openapi__is_refused_by_the_schema_beside_it(self):
        order = {"orderId": "o", "amount": 10, "address": "1 Main Street", "items": [BOOK]}
        status, problem = request(self.server.base, "POST", "/v1/workflows/shop/order-by-openapi/executions", order)
        self.assertEqual(status, 422, problem)

    def test_parallel_reservation__completes(self):
        order, ended = self.run_order("parallel-reservation")
        self.expect(ended, "completed")
        self.assertEqual(sorted(ended["output"]), ["orderId", "reservation", "shipment"])
        self.assertEqual(self.standing(order), [f"{service}:{order}" for service in ("inventory", "notifications", "payments", "shipping")])

    def test_parallel_reservation__undoes_the_branch_that_was_not_refused(self):
        order, ended = self.run_order("parallel-reservation", address="Nowhere")
        self.expect(ended, "compensated")
        self.assertEqual(self.standing(order), [])

    def test_parallel_reservation__is_given_up_above_its_limit(self):
        order, ended = self.run_order("parallel-reservation", amount=1001)
        self.expect(ended, "compensated")
        self.assertEqual(ended["compensation"]["reason"], "explicit")
        self.assertEqual(self.standing(order), [])

    def begin_order(self, workflow, status):
        """Started, and waiting where its label says; None: it has none."""
        self.orders += 1
        order = {"orderId": f"o{self.orders}", "amount": 10, "currency": "EUR", "address": "1 Main Street", "items": [BOOK]}
        _, started = request(self.server.base, "POST", f"/v1/workflows/shop/{workflow}/executions", order)
        return order["orderId"], self.wait_for(started["id"], lambda e: e["phase"] == "waiting" and e["status"] == status)

    def wait_for(self, execution, holds):
        for _ in range(200):
            state = request(self.server.base, "GET", f"/v1/executions/{execution}")[1]
            if holds(state):
                return state
            time.sleep(0.05)
        self.fail(f"it did not come about: {state}")

    def send(self, kind, order, **data):
        self.sent += 1
        event = {"specversion": "1.0", "id": f"{kind}-{self.sent}", "source": "test", "type": f"com.example.{kind}", "data": {"orderId": order, **data}}
        status, answer = request(self.server.base, "POST", "/v1/events", event, {"Content-Type": "application/cloudevents+json"})
        self.assertEqual(status, 202, answer)
        return answer["items"][0]["result"]

    def cancel(self, execution):
        request(self.server.base, "POST", f"/v1/executions/{execution}/cancel", {"reason": "changed my mind"})
        return self.wait_for(execution, lambda e: e["outcome"])

    def test_payment_by_webhook__waits_for_both_events(self):
        order, waiting = self.begin_order("payment-by-webhook", "PAYMENT_PENDING")
        self.assertEqual(self.send("payments.authorized", "another"), "kept")
        self.assertEqual(self.send("payments.authorized", order), "taken")
        self.wait_for(waiting["id"], lambda e: e["status"] == "IN_DELIVERY")
        self.assertEqual(self.send("shipping.delivered", order, signedBy="Ann"), "taken")
        ended = self.wait_for(waiting["id"], lambda e: e["outcome"])
        self.expect(ended, "completed", status="DELIVERED", output={"orderId": order, "signedBy": "Ann"})
        self.assertEqual(self.standing(order), [f"{service}:{order}" for service in ("inventory", "payments", "shipping")])

    def test_payment_by_webhook__is_cancelled_before_the_payment(self):
        order, waiting = self.begin_order("payment-by-webhook", "PAYMENT_PENDING")
        self.expect(self.cancel(waiting["id"]), "cancelled", status="CANCELLED")
        self.assertEqual(self.standing(order), [])
        self.assertEqual(self.effects(order, "undone"), [f"inventory:{order}"])

    def test_payment_by_webhook__is_cancelled_after_the_hand_over(self):
        order, waiting = self.begin_order("payment-by-webhook", "PAYMENT_PENDING")
        self.send("payments.authorized", order)
        self.wait_for(waiting["id"], lambda e: e["phase"] == "waiting" and e["status"] == "IN_DELIVERY")
        self.expect(self.cancel(waiting["id"]), "cancelled", status="CANCELLED")
        self.assertEqual(self.standing(order), [f"shipping:{order}-return"])
        self.assertEqual(self.effects(order, "undone"), [f"{service}:{order}" for service in ("inventory", "payments", "shipping")])

    def test_payment_by_webhook__is_paid_before_it_was_ordered(self):
        self.assertEqual(self.send("payments.authorized", f"o{self.orders + 1}"), "kept")
        self.begin_order("payment-by-webhook", "IN_DELIVERY")

    def test_payment_authorization__is_heard_by_who_waits(self):
        order, waiting = self.begin_order("payment-by-webhook", "PAYMENT_PENDING")
        self.orders -= 1  # the same order
        _, ended = self.run_order("payment-authorization")
        self.expect(ended, "completed", output={"event": f"{ended['id']}/authorize"})
        self.wait_for(waiting["id"], lambda e: e["status"] == "IN_DELIVERY")
        self.assertEqual(self.standing(order), [f"{service}:{order}" for service in ("inventory", "notifications", "payments", "shipping")])

    def test_payment_authorization__is_withdrawn_by_another_event(self):
        self.samples.add_fault({"service": "notifications", "mode": "refuse"})
        _, ended = self.run_order("payment-authorization")
        self.expect(ended, "compensated")
        events = request(self.server.base, "GET", f"/v1/executions/{ended['id']}/history")[1]["items"]
        emitted = [event["data"]["output"]["type"] for event in events if event["data"].get("emitted")]
        self.assertEqual(emitted, ["com.example.payments.authorized", "com.example.payments.withdrawn"])

    def test_basket_by_events__reserves_each_line_as_it_comes(self):
        order, waiting = self.begin_order("basket-by-events", None)
        for sku in ("book", "pen", "cup"):
            self.assertEqual(self.send("baskets.added", order, line={"sku": sku, "quantity": 1}), "taken")
        self.assertEqual(self.send("baskets.closed", order), "taken")
        ended = self.wait_for(waiting["id"], lambda e: e["outcome"])
        self.expect(ended, "completed", output={"orderId": order, "lines": 3})
        self.assertEqual(self.standing(order), [f"inventory:{order}-{i}" for i in range(3)] + [f"shipping:{order}"])

    def test_basket_by_events__releases_the_lines_when_one_is_sold_out(self):
        order, waiting = self.begin_order("basket-by-events", None)
        for line in (BOOK, BOOK, SOLD_OUT):
            self.send("baskets.added", order, line=line)
        self.expect(self.wait_for(waiting["id"], lambda e: e["outcome"]), "compensated")
        self.assertEqual(self.standing(order), [])
        self.assertEqual(self.effects(order, "undone"), [f"inventory:{order}-{i}" for i in range(2)])

    def test_order_lines__reserves_each(self):
        order, ended = self.run_order("order-lines", lines=[BOOK] * 7)
        self.expect(ended, "completed")
        self.assertEqual(len(ended["output"]["reservations"]), 7)
        self.assertEqual(self.standing(order), [f"inventory:{order}-{i}" for i in range(7)])

    def test_order_lines__releases_all_when_one_is_sold_out(self):
        order, ended = self.run_order("order-lines", lines=[BOOK, BOOK, BOOK, BOOK, SOLD_OUT, BOOK])
        self.expect(ended, "compensated")
        self.assertEqual(self.standing(order), [])

    def children_of(self, execution):
        return request(self.server.base, "GET", f"/v1/executions?parent={execution}")[1]["items"]

    def test_delivery_part__is_sent(self):
        order, ended = self.run_order("delivery-part", line=BOOK)
        self.expect(ended, "completed")
        self.assertEqual(self.standing(order), [f"inventory:{order}", f"shipping:{order}"])

    def test_delivery_by_parts__sends_each_and_says_so(self):
        order, ended = self.run_order("delivery-by-parts", lines=[BOOK] * 3)
        self.expect(ended, "completed")
        self.assertEqual(self.standing(order), [f"inventory:{order}-{i}" for i in range(3)] + [f"payments:{order}"] + [f"shipping:{order}-{i}" for i in range(3)])
        self.assertEqual([child["outcome"] for child in self.children_of(ended["id"])], ["completed"] * 3)
        events = request(self.server.base, "GET", f"/v1/executions/{ended['id']}/history")[1]["items"]
        self.assertEqual([event["step"] for event in events if event["data"].get("emitted")], ["parts.tell", "parts.tell#2", "parts.tell#3"])

    def test_delivery_by_parts__calls_all_back_when_one_cannot_be_had(self):
        order, ended = self.run_order("delivery-by-parts", lines=[BOOK, BOOK, SOLD_OUT])
        self.expect(ended, "compensated")
        self.assertEqual(self.standing(order), [])
        self.assertEqual(sorted(child["outcome"] for child in self.children_of(ended["id"])), ["compensated", "compensated", "faulted"])

    def test_delivery_by_parts__calls_all_back_when_it_is_not_paid(self):
        self.samples.add_fault({"service": "payments", "mode": "refuse"})
        order, ended = self.run_order("delivery-by-parts", lines=[BOOK, BOOK])
        self.expect(ended, "compensated")
        self.assertEqual(self.standing(order), [])

    def test_second_carrier__ships(self):
        order, ended = self.run_order("second-carrier", pickUpAt="the shop")
        self.expect(ended, "completed")
        self.assertEqual(self.standing(order), [f"inventory:{order}", f"payments:{order}", f"shipping:{order}"])

    def test_second_carrier__pays_back_and_offers_another_way(self):
        order, ended = self.run_order("second-carrier", address="Nowhere", pickUpAt="the shop")
        self.expect(ended, "completed")
        self.assertEqual(self.standing(order), [f"inventory:{order}", f"notifications:{order}", f"shipping:{order}-pick-up"])
        self.assertIn(f"payments:{order}", self.effects(order, "undone"))

    def test_second_carrier__is_undone_when_there_is_no_other_way(self):
        order, ended = self.run_order("second-carrier", address="Nowhere", pickUpAt="Nowhere")
        self.expect(ended, "compensated")
        self.assertEqual(self.standing(order), [])

    def test_second_carrier__has_nothing_to_deliver(self):
        order, ended = self.run_order("second-carrier", items=[SOLD_OUT], pickUpAt="the shop")
        self.expect(ended, "faulted")
        self.assertEqual(self.standing(order), [])

    def test_fastest_carrier__keeps_one(self):
        slow = {"service": "shipping", "operation": "do", "mode": "delay", "delayMs": 300, "count": 1}
        self.samples.add_fault({**slow, "orderId": f"o{self.orders + 1}-north"})
        order, ended = self.run_order("fastest-carrier")
        self.expect(ended, "completed")
        self.assertEqual(self.standing(order), [f"shipping:{order}-south"])
        self.assertEqual(self.effects(order, "undone"), [f"shipping:{order}-north"])

    def test_fastest_carrier__fails_when_both_refuse(self):
        order, ended = self.run_order("fastest-carrier", address="Nowhere")
        self.expect(ended, "faulted")
        self.assertEqual(self.standing(order), [])

    def test_nightly_settlement__is_due_in_the_night_and_can_be_started_by_hand(self):
        listed = {}
        for _ in range(200):
            items = request(self.server.base, "GET", "/v1/schedules")[1]["items"]
            listed = next(item for item in items if item["name"] == "nightly-settlement")
            if listed["next"]:
                break
            time.sleep(0.05)
        self.assertEqual((listed["schedule"], listed["timeZone"]), ("cron: 30 2 * * *", "Europe/Berlin"))
        # Half past two in winter, in summer, and where clocks skip it.
        self.assertIn(listed["next"][11:], ("01:30:00.000Z", "00:30:00.000Z", "01:00:00.000Z"))
        _, ended = self.run_order("nightly-settlement")
        self.expect(ended, "completed")
        self.assertEqual(self.standing(f"settlement-{ended['output']['day']}"), [f"notifications:settlement-{ended['output']['day']}"])

    def test_best_effort_notification__tells(self):
        order, ended = self.run_order("best-effort-notification")
        self.expect(ended, "completed")
        self.assertTrue(ended["output"]["told"])
        self.assertEqual(self.standing(order), [f"notifications:{order}", f"payments:{order}"])

    def test_best_effort_notification__goes_on_without(self):
        self.samples.add_fault({"service": "notifications", "mode": "down"})
        order, ended = self.run_order("best-effort-notification")
        self.expect(ended, "completed")
        self.assertFalse(ended["output"]["told"])
        self.assertEqual(self.standing(order), [f"payments:{order}"])


if __name__ == "__main__":
    main(__doc__)
