#!/usr/bin/env python3
"""A definition is loaded with the documents that it names, and keeps them: their host is asked once, and may be gone when
the server starts again.

documents_test.py --skald build/release/skald --samples build/release/skald-samples
"""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from databases import SqliteFile
from programs import request
from server_case import ServerCase, main


class DocumentHost:
    """Answers every GET with `content`, 404 where that is None."""

    def __init__(self, content):
        self.content, self.asked = content, []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked.append(self.path)
                body = (host.content or "").encode()
                self.send_response(200 if host.content else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def api(shop, path="/payments/charges"):
    body = {"required": True, "content": {"application/json": {}}}
    return json.dumps({"openapi": "3.1.0", "servers": [{"url": shop}],
                       "paths": {path: {"post": {"operationId": "charge", "requestBody": body}}}})


def workflow(document):
    arguments = {"document": {"endpoint": document}, "operationId": "charge", "parameters": {"body": "${ $workflow.input }"}}
    return {"document": {"dsl": "1.0.3", "namespace": "demo", "name": "charge", "version": "1.0.0"},
            "do": [{"charge": {"call": "openapi", "with": arguments}}]}


class Documents(ServerCase):
    def setUp(self):
        super().setUp()
        self.host = DocumentHost(api(self.samples.base))
        self.addCleanup(lambda: self.host and self.host.stop())
        allowed = f"{self.host.address},{self.samples.base.removeprefix('http://')}"
        workflows = self.folder / "workflows"
        workflows.mkdir()
        self.server = self.make_server(SqliteFile(self.folder).storage, workflows=workflows, arguments=("--http-allowed-hosts", allowed))
        self.begin()
        self.document = f"http://{self.host.address}/specs/charge.json"
        self.orders = 0

    def begin(self):
        self.server.spawn()
        self.server.wait_until_ready()

    def register(self, definition, replace=False):
        return request(self.server.base, "POST", "/v1/workflows" + ("?replace=true" if replace else ""), definition)

    def run_one(self):
        self.orders += 1
        order = {"orderId": f"o{self.orders}", "amount": 10, "currency": "EUR"}
        return request(self.server.base, "POST", "/v1/workflows/demo/charge/executions", order, {"Prefer": "wait=20"}, timeout=30)[1]

    def test_a_restart_asks_nobody(self):
        status, registered = self.register(workflow(self.document))
        self.assertEqual(status, 201, registered)
        self.assertEqual([document["uri"] for document in registered["documents"]], [self.document])
        self.assertEqual(self.run_one()["outcome"], "completed")
        self.host.stop()
        self.host, asked = None, self.host.asked
        self.assertEqual(asked, ["/specs/charge.json"])
        self.assertEqual(self.server.stop(), 0)
        self.begin()
        ended = self.run_one()
        self.assertEqual(ended["outcome"], "completed", ended)
        self.assertEqual(ended["workflow"]["digest"], registered["digest"])

    def test_a_changed_document_is_other_content(self):
        self.assertEqual(self.register(workflow(self.document))[0], 201)
        self.assertEqual(self.register(workflow(self.document))[0], 200)
        self.host.content = api(self.samples.base, "/payments/nowhere")
        status, problem = self.register(workflow(self.document))
        self.assertEqual((status, problem["code"]), (409, "definition.conflict"))
        self.assertEqual(self.run_one()["outcome"], "completed")
        status, replaced = self.register(workflow(self.document), replace=True)
        self.assertEqual((status, replaced["revision"]), (201, 2))
        self.assertEqual(self.run_one()["outcome"], "faulted")

    def test_what_is_not_there_is_said(self):
        self.host.content = None
        status, problem = self.register(workflow(self.document))
        self.assertEqual(status, 422)
        self.assertIn("its host answered 404", problem["errors"][0]["detail"])
        for document, why in (("http://127.0.0.1:1/a.json", "not among http.allowedHosts"), ("/etc/passwd", "has no folder")):
            status, problem = self.register(workflow(document))
            self.assertEqual(status, 422)
            self.assertIn(why, problem["errors"][0]["detail"])


if __name__ == "__main__":
    main(__doc__)
