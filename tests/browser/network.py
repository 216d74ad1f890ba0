"""Fixtures that make the network slow, or cut it."""

import asyncio
import contextlib
import threading

import pytest


class DelayProxy:
    """A TCP proxy to `port` that holds everything back for a while, in both directions."""

    def __init__(self, port, milliseconds):
        self.target = port
        self.is_cut = False
        self.loses = set()
        """Directions, "there" and "back", in which everything that comes is lost unnoticed."""
        self.connections = set()
        self.delay = milliseconds / 2000
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.started = threading.Event()

    def __enter__(self):
        self.thread.start()
        self.started.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def cut(self):
        """Break all connections, and let none come until `mend`."""
        self.is_cut = True
        self.loop.call_soon_threadsafe(lambda: [end.abort() for end in self.connections])

    def mend(self):
        self.is_cut = False
        self.loses.clear()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        serve = asyncio.start_server(self._join, "127.0.0.1", 0)
        server = self.loop.run_until_complete(serve)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        self.loop.run_forever()
        server.close()
        for task in (tasks := asyncio.all_tasks(self.loop)):
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def _join(self, reader, writer):
        if self.is_cut:
            return writer.close()
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        ends = {writer.transport, back.transport}
        self.connections |= ends
        try:
            await asyncio.gather(
                self._pump(reader, back, "there"), self._pump(there, writer, "back")
            )
        except (OSError, asyncio.CancelledError):
            pass  # the other end has hung up, or the proxy stops
        finally:
            self.connections -= ends
            for end in (writer, back):
                end.close()
        return None

    async def _pump(self, source, sink, direction):
        queue = asyncio.Queue()
        sender = asyncio.create_task(self._send(queue, sink))
        try:
            while data := await source.read(65536):
                if direction not in self.loses:
                    queue.put_nowait((self.loop.time() + self.delay, data))
            queue.put_nowait((self.loop.time() + self.delay, b""))
            await sender
        finally:
            sender.cancel()

    async def _send(self, queue, sink):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - self.loop.time()))
            if not data:
                return sink.close()
            sink.write(data)
            await sink.drain()


@pytest.fixture
def delay_proxy(lab):
    """Reach a server through a network with a round trip of some milliseconds."""
    with contextlib.ExitStack() as stack:
        yield lambda milliseconds, server=lab: stack.enter_context(
            DelayProxy(server.port, milliseconds)
        )
