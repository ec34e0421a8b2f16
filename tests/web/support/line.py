"""A network between the browser and the server, which a test can cut in one direction or both."""
import asyncio
import threading


class Line:
    """Passes connections on to a port. While `answers_pass` is false, what the server says does not arrive."""

    def __init__(self, port):
        self.target = port
        self.answers_pass = True
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = self._run(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = self.listener.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.break_connections()
        self._run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def hold_answers(self):
        self.answers_pass = False

    def break_connections(self):
        """Breaks all connections as they are, with what they still hold. New ones pass in both directions."""
        self._run(self._break())
        self.answers_pass = True

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _break(self):
        for writer in list(self.writers):
            writer.transport.abort()

    async def _close(self):
        self.listener.close()
        await self.listener.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.writers |= {writer, server_writer}
        try:
            await asyncio.gather(self._pass_on(reader, server_writer, lambda: True),
                                 self._pass_on(server_reader, writer, lambda: self.answers_pass))
        finally:
            for end in (writer, server_writer):
                end.transport.abort()
                self.writers.discard(end)

    @staticmethod
    async def _pass_on(reader, writer, may_pass):
        try:
            while data := await reader.read(65536):
                if may_pass():
                    writer.write(data)
                    await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()
