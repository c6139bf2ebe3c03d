#!/usr/bin/env python3
"""A participant that answers badly: stands before the sample participants, hands requests on to them, or does not, and
spoils the answers (abuses.py). Those that it hands on are in their journal like all others.

abuser.py --to HOST:PORT --log FILE [--seed 1]

Writes down what it did to which request of which connection. Prints its port, ends with standard input, and then prints how often it has done what.
"""
import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter

from abuses import ALL, LIES

SPOILED_A_KEY = 3  # then it behaves, so that everything comes to an end
SHARE = 0.4
NOBODY = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 47\r\n\r\n{"chargeId":"nobody","reservationId":"nobody"} '


async def read_message(reader):
    """Head and body of one request or answer with a Content-Length; b"" at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


def key_of(message):
    return next((line[16:].strip() for line in message.split(b"\r\n") if line.lower().startswith(b"idempotency-key:")), b"")


class Abuser:
    def __init__(self, target, log, seed):
        self.log, self.connections = open(log, "a", encoding="utf-8"), 0
        self.host, self.port = target.rsplit(":", 1)
        self.random = random.Random(seed)
        self.spoiled, self.counts = Counter(), Counter()
        self.left, self.serving = [], set()

    async def hand_on(self, message):
        reader, writer = await asyncio.open_connection(self.host, int(self.port))
        try:
            await self.send(writer, message)
            return await read_message(reader)
        finally:
            writer.close()

    @staticmethod
    async def send(writer, data):
        writer.write(data)
        await writer.drain()

    def choose(self, key):
        """An abuse, in turn but in an order of chance, or None."""
        if self.spoiled[key] >= SPOILED_A_KEY or self.random.random() > SHARE:
            return None
        self.spoiled[key] += 1
        if not self.left:
            self.left = list(ALL)
            self.random.shuffle(self.left)
        return self.left.pop()

    def note(self, **line):
        self.log.write(json.dumps({"monotonicNs": time.monotonic_ns(), **line}) + "\n")
        self.log.flush()

    async def serve(self, reader, writer):
        self.connections += 1
        number, task = self.connections, asyncio.current_task()
        self.serving.add(task)  # nobody else holds it
        try:
            while message := await read_message(reader):
                if not await self.answer(number, message, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side has gone, or the run is over
        finally:
            self.serving.discard(task)
            writer.close()

    async def answer(self, connection, message, writer):
        key = key_of(message)
        abuse = self.choose(key)
        handed_on = abuse not in LIES or self.random.random() < 0.5
        good = await self.hand_on(message) if handed_on else NOBODY
        self.note(connection=connection, key=key.decode(), abuse=abuse and abuse.__name__, handedOn=handed_on, good=good[:12].decode())
        if abuse is None:
            await self.send(writer, good)
            return bool(good)
        self.counts[abuse.__name__] += 1
        return bool(good) and await abuse(writer, good)


async def run(options):
    abuser = Abuser(options.to, options.log, options.seed)
    server = await asyncio.start_server(abuser.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    await ended.read()
    server.close()
    print(json.dumps(abuser.counts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
