#!/usr/bin/env python3
"""Stands between two programs and spoils their connection on command.

tcp_proxy.py --to HOST:PORT|/path/of/socket [--postgres]

Prints the port it listens on. Each line of standard input is a command, answered by a line with what has happened so far:
    {"do": "pass"}                    everything goes through; what was swallowed is cut
    {"do": "delay", "seconds": 0.2}   every piece waits
    {"do": "swallow"}                 half open: takes connections and bytes and passes nothing on
    {"do": "refuse"}                  connections are cut at once
    {"do": "cut"}                     cuts every connection, once
    {"do": "lose", "count": 1}        passes a request on, waits for its answer, and cuts instead of passing that on; with
                                      --postgres only the answer that tells of a commit
    {"do": "count"}                   nothing more
Its end comes with that of standard input.
"""
import argparse
import asyncio
import json
import sys
from collections import Counter

from postgres_wire import Conversation

PIECE_BYTES = 1 << 16


class Link:
    """One connection and its continuation to the other side."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.conversation = Conversation() if proxy.postgres else None
        self.held = b""  # answers that wait until it is known whether they are to be lost
        self.swallowed = False

    async def run(self):
        ways = [asyncio.create_task(self.pump(self.client[0], self.server[1], self.request)),
                asyncio.create_task(self.pump(self.server[0], self.client[1], self.answer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            self.cut()

    def cut(self):
        for _, writer in (self.client, self.server):
            writer.transport.abort()

    async def pump(self, reader, writer, look):
        try:
            while data := await reader.read(PIECE_BYTES):
                if self.proxy.mode == "delay":
                    self.proxy.counts["delayed"] += 1
                    await asyncio.sleep(self.proxy.seconds)
                if self.proxy.mode == "swallow" or self.swallowed:
                    self.proxy.counts["swallowed"] += 1
                    self.swallowed = True
                elif data := look(data):
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass

    def request(self, data):
        if self.conversation:
            self.conversation.client_says(data)
        return data

    def answer(self, data):
        """What may be passed on of it."""
        if not self.conversation:
            if self.proxy.to_lose == 0:
                return data
            return self.lose()
        owed = self.proxy.to_lose > 0 and self.conversation.is_writing()
        committed = self.conversation.server_says(data)
        if owed and committed:
            return self.lose()
        self.held += data
        if owed and self.conversation.is_writing():
            return b""
        data, self.held = self.held, b""
        return data

    def lose(self):
        self.proxy.to_lose -= 1
        self.proxy.counts["lost"] += 1
        self.cut()
        return b""


class Proxy:
    def __init__(self, target, postgres):
        self.target, self.postgres = target, postgres
        self.mode, self.seconds, self.to_lose = "pass", 0, 0
        self.links, self.counts, self.serving = set(), Counter(), set()

    async def connect(self):
        if self.target.startswith("/"):
            return await asyncio.open_unix_connection(self.target)
        host, port = self.target.rsplit(":", 1)
        return await asyncio.open_connection(host, int(port))

    async def accept(self, reader, writer):
        task = asyncio.current_task()
        self.serving.add(task)  # nobody else holds it
        task.add_done_callback(self.serving.discard)
        self.counts["connections"] += 1
        if self.mode == "refuse":
            self.counts["refused"] += 1
            return writer.transport.abort()
        try:
            link = Link(self, (reader, writer), await self.connect())
        except OSError:
            return writer.transport.abort()
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    def obey(self, command):
        what = command["do"]
        if what == "cut":
            self.cut(self.links)
        elif what == "lose":
            self.to_lose = command["count"]
        elif what != "count":
            self.mode, self.seconds = what, command.get("seconds", 0)
            if what == "pass":
                self.to_lose = 0
                self.cut([link for link in self.links if link.swallowed])
        return dict(self.counts)

    def cut(self, links):
        for link in list(links):
            self.counts["cut"] += 1
            link.cut()


async def serve(options):
    proxy = Proxy(options.to, options.postgres)
    server = await asyncio.start_server(proxy.accept, options.host, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        print(json.dumps(proxy.obey(json.loads(line))), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
