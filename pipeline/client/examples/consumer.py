"""Prints how much of each frame is road, as JSON lines: an example of a client (PROTOCOL.md).

    pip install websockets
    SEGNET_STREAM_TOKEN=... python consumer.py ws://127.0.0.1:8080 --stream front --frames 100
"""
import argparse, asyncio, base64, json, os, struct, sys, urllib.parse, zlib

import websockets

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("address", nargs="?", default="ws://127.0.0.1:8080")
parser.add_argument("--stream", help="a stream's name (default: the first)")
parser.add_argument("--frames", type=int, default=sys.maxsize, help="stop after so many (default: never)")
ARGUMENTS = parser.parse_args()
if ARGUMENTS.frames < 1:
    parser.error("expected --frames to be at least 1")
ADDRESS = ARGUMENTS.address
TOKEN = base64.urlsafe_b64encode(os.environ.get("SEGNET_STREAM_TOKEN", "").encode()).decode().rstrip("=")


def socket_url(address):
    """The WebSocket's URL: ws: or wss: (or http:, https:), with or without the path."""
    url = urllib.parse.urlsplit(address)
    scheme = url.scheme.replace("http", "ws", 1)
    return url._replace(scheme=scheme, path="/ws" if url.path in ("", "/") else url.path).geturl()


def advice(error):
    if isinstance(error, ConnectionRefusedError):
        return "is `segnet-stream serve` running there?"
    if "421" in str(error):
        return "the server does not go by this name: it takes others by --allow-host"
    if isinstance(error, websockets.exceptions.InvalidHandshake):
        return "expected the address of `segnet-stream serve`, such as ws://127.0.0.1:8080"
    return "PROTOCOL.md says what close codes mean"


def parts(message, count, offset):
    """The parts of a binary frame, {kind: bytes}: 1 source, 2 mask, 3 overlay, 4 picture."""
    found = {}
    for _ in range(count):
        kind, _codec, length = struct.unpack_from("<BBxxI", message, offset)
        found[kind] = message[offset + 8 : offset + 8 + length]
        offset += 8 + length
    return found


async def main():
    protocols = ["segnet-stream.v1", "base64url.bearer.authorization.segnet-stream." + TOKEN]
    async with websockets.connect(socket_url(ADDRESS), subprotocols=protocols, max_size=2**24, compression=None) as socket:
        hello = json.loads(await socket.recv())
        road = [c["name"] for c in hello["classes"]].index("road")
        names = [s["name"] for s in hello["streams"]]
        if ARGUMENTS.stream not in (None, *names):
            sys.exit(f"There is no stream {ARGUMENTS.stream}; there are {', '.join(names)}")
        wanted = names.index(ARGUMENTS.stream) if ARGUMENTS.stream else 0
        await socket.send(json.dumps({"type": "subscribe", "stream": wanted, "parts": ["mask"], "maxFps": 10}))
        frames = 0
        async for message in socket:
            if isinstance(message, str):
                news = json.loads(message)
                if news["type"] == "closing" and news.get("isOver"):
                    return print(news["reason"], file=sys.stderr)
                continue
            if message[0] != 1:
                continue
            count, header, stream, seq = struct.unpack_from("<xBHH6xI", message)
            pts_us, age_us, skipped = struct.unpack_from("<qII", message, 24)
            mask = zlib.decompress(parts(message, count, header)[2], -15)
            share = mask.count(road) / len(mask)
            print(json.dumps({"stream": names[stream], "ptsUs": pts_us, "road": share, "skipped": skipped, "ageMs": age_us / 1000}), flush=True)
            await socket.send(json.dumps({"type": "ack", "stream": stream, "seq": seq}))
            frames += 1
            if frames == ARGUMENTS.frames:
                return
        sys.exit(f"{ADDRESS} closed the connection: {socket.close_reason or 'no reason given'} ({socket.close_code})")


if not TOKEN:
    sys.exit("Programs need the server's token: set SEGNET_STREAM_TOKEN to it, here and for `segnet-stream serve`")
try:
    asyncio.run(main())
except BrokenPipeError:
    # A reader that has seen enough, `... | head -3`, is no error; what Python would still flush goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
except (OSError, websockets.exceptions.WebSocketException) as error:
    closed = getattr(error, "rcvd", None)
    reason = f"{closed.reason} ({closed.code})" if closed else error
    sys.exit(f"No frames from {ADDRESS}: {reason}; {advice(error)}")
