"""A server as far away as in another building: what is said to it arrives later, and is answered as ever."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def away(host: str, port: int, seconds: float) -> Iterator[int]:
    """A port on loopback behind which `host`:`port` is `seconds` away."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def meet(reader, writer):
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(_carry(reader, far_writer, seconds), _carry(far_reader, writer, 0))

    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(meet, "127.0.0.1", 0), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _carry(reader, writer, seconds):
    with suppress(ConnectionError):
        while said := await reader.read(1 << 16):
            await asyncio.sleep(seconds)
            writer.write(said)
            await writer.drain()
    writer.close()
