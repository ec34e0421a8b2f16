"""Both clients behind one interface, so that each test runs with both."""

import asyncio
import concurrent.futures
import threading

import belfry


class Threaded(belfry.Client):
    """The client for programs that block, as it is."""

    def settled(self, payload):
        """Starts to send. @return a future of the receipt"""
        return self.send_soon(payload)


class OnLoop:
    """The client of asyncio, on an event loop in a thread."""

    def __init__(self, *arguments, **options):
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda loop, context: None)  # messages that are given up
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        try:
            self.client = self.run(self.make(arguments, options))
        except BaseException:
            self.end_loop()
            raise

    async def make(self, arguments, options):
        return belfry.AsyncClient(*arguments, **options)

    def run(self, work):
        if self.loop.is_closed():  # what a closed client answers, it answers at once
            return asyncio.run(work)
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.run(self.client.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def receive(self, timeout=None):
        return self.run(self.client.receive(timeout))

    def send(self, payload, timeout=None, seq=None):
        return self.run(self.client.send(payload, timeout, seq=seq))

    def settled(self, payload):
        return asyncio.run_coroutine_threadsafe(self.client.send(payload), self.loop)

    def history(self, first, count, timeout=None):
        return self.run(self.client.history(first, count, timeout))

    def who(self, timeout=None):
        return self.run(self.client.who(timeout))

    def flush(self, timeout=None):
        return self.run(self.client.flush(timeout))

    def ack(self, id):
        async def ack():
            self.client.ack(id)

        self.run(ack())

    def connect(self):
        async def connect():
            self.client.connect()

        self.run(connect())

    def close(self):
        if self.loop.is_closed():
            return
        self.run(self.client.close())
        self.end_loop()

    def end_loop(self):
        async def others():
            return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        left = self.run(others())
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        assert not left, f"tasks are left: {left}"

    def __getattr__(self, name):
        return getattr(self.client, name)
