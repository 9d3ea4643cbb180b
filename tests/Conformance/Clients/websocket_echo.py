"""A WebSocket echo with Debian's python3-websockets: "server PORT" until killed, or "client URL", which says how much came back."""
import asyncio
import os
import sys

import websockets


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def serve(port):
    async with websockets.serve(echo, "127.0.0.1", port, max_size=None):
        await asyncio.Future()


async def ask(url):
    messages = [b"", b"x", "text with ümlauts"] + [os.urandom(n) for n in (125, 126, 65535, 65536, 300000)]
    async with websockets.connect(url, max_size=None) as socket:
        for message in messages:
            await socket.send(message)
            assert await asyncio.wait_for(socket.recv(), 10) == message
        await asyncio.wait_for(await socket.ping(), 10)
    print("echoed", len(messages))


if sys.argv[1] == "server":
    asyncio.run(serve(int(sys.argv[2])))
else:
    asyncio.run(ask(sys.argv[2]))
