"""Ways to answer a request badly. Each is a coroutine that is given the connection and a good answer, as bytes, and
returns whether the connection can be used again. What no client may take for a success is in LIES: there the good answer
may be one that nobody has given."""
import asyncio

TIMEOUT_SECONDS = 2  # of an attempt of the workflow
BODY_BYTES_MAX = 1 << 20  # what the engine accepts


def parts(good):
    head, _, body = good.partition(b"\r\n\r\n")
    return head, body


def with_length(good, length):
    head, body = parts(good)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join(lines) + b"\r\nContent-Length: %d\r\n\r\n" % length + body


def with_header(good, *headers):
    head, body = parts(good)
    return b"\r\n".join([head, *headers]) + b"\r\n\r\n" + body


def chunked(good, body):
    head, _ = parts(good)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join(lines) + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body


async def send(writer, data):
    writer.write(data)
    await writer.drain()


async def piecemeal(writer, good, pause):
    for at in range(len(good)):
        await send(writer, good[at:at + 1])
        await asyncio.sleep(pause)


async def garbage(writer, good):
    await send(writer, bytes(range(256)) * 4)
    return False


async def half(writer, good):
    head, body = parts(good)
    await send(writer, head + b"\r\n\r\n" + body[:len(body) // 2])
    return False


async def half_a_head(writer, good):
    await send(writer, good[:20])
    return False


async def never(writer, good):
    await asyncio.sleep(TIMEOUT_SECONDS + 1)
    return False


async def crawl(writer, good):
    """Longer than a step waits; an undo, which waits longer, gets its answer."""
    await piecemeal(writer, good, 2 * TIMEOUT_SECONDS / len(good))
    return True


async def too_long(writer, good):
    await send(writer, with_length(good, len(parts(good)[1]) + 10))
    await asyncio.sleep(TIMEOUT_SECONDS + 1)
    return False


async def too_long_and_closed(writer, good):
    await send(writer, with_length(good, len(parts(good)[1]) + 10))
    return False


async def two_lengths(writer, good):
    await send(writer, with_header(good, b"Content-Length: 2"))
    return False


async def length_and_chunks(writer, good):
    await send(writer, with_header(good, b"Transfer-Encoding: chunked"))
    return False


async def bad_chunk(writer, good):
    await send(writer, chunked(good, b"zz\r\n" + parts(good)[1] + b"\r\n0\r\n\r\n"))
    return False


async def endless_chunks(writer, good):
    await send(writer, chunked(good, b""))
    for _ in range(30):
        await send(writer, b"1\r\n \r\n")
        await asyncio.sleep(0.1)
    return False


async def huge_body(writer, good):
    body = b'{"chargeId": "' + b"x" * 2 * BODY_BYTES_MAX + b'"}'
    await send(writer, with_length(good, len(body)).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body)
    return False


async def huge_head(writer, good):
    await send(writer, with_header(good, b"X-Much: " + b"x" * 200_000))
    return False


async def only_interim(writer, good):
    await send(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
    return False


async def redirect(writer, good):
    await send(writer, b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    return True


async def no_status(writer, good):
    await send(writer, b"HTTP/1.1 2O1 Created\r\n" + good.partition(b"\r\n")[2])
    return False


async def slow(writer, good):
    await piecemeal(writer, good, TIMEOUT_SECONDS / 4 / len(good))
    return True


async def late(writer, good):
    await asyncio.sleep(TIMEOUT_SECONDS + 0.5)
    await send(writer, good)
    return True


async def twice(writer, good):
    """The second answer waits on the connection for whoever uses it next. (One that comes when the next request is under
    way is that request's answer to any client of HTTP/1.1: no engine can tell.)"""
    await send(writer, good + good)
    return True


async def too_short(writer, good):
    head, body = parts(good)
    await send(writer, with_length(good, len(body)) + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    return True


async def interim_first(writer, good):
    await send(writer, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + good)
    return True


async def deep(writer, good):
    body = b"[" * 100_000 + b"]" * 100_000
    await send(writer, with_length(good, len(body)).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body)
    return True


LIES = (garbage, half, half_a_head, never, too_long, too_long_and_closed, two_lengths, length_and_chunks, bad_chunk,
        endless_chunks, huge_body, huge_head, only_interim, redirect, no_status)
TRUTHS = (slow, crawl, late, twice, too_short, interim_first, deep)
ALL = (*LIES, *TRUTHS)
