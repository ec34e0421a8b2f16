"""A network between the browser and the server, in which answers can be lost."""
import asyncio
import threading


class Line:
    """Passes connections on to a port."""

    def __init__(self, port):
        self.target = port
        self.held = set()  # writers to the browser that pass nothing on
        self.websockets = set()  # writers to the browser of connections that have become WebSockets
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = self._run(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.break_connections()
        self._run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def hold_answers(self):
        """Loses what the server says from now on over the WebSockets that exist. What it is told still arrives."""
        self.loop.call_soon_threadsafe(lambda: self.held.update(self.websockets))

    def break_connections(self):
        """Breaks all connections as they are. New ones pass in both directions."""
        self._run(self._break())

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _break(self):
        for writer in self.writers:
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
        ends = {writer, server_writer}
        self.writers |= ends
        try:
            await asyncio.gather(self._pass_questions(reader, server_writer, writer), self._pass_answers(server_reader, writer))
        finally:
            for end in ends:
                end.transport.abort()
            for group in (self.writers, self.websockets, self.held):
                group -= ends

    async def _pass_questions(self, reader, server_writer, writer):
        try:
            while data := await reader.read(65536):
                if b"upgrade: websocket" in data.lower():
                    self.websockets.add(writer)
                server_writer.write(data)
                await server_writer.drain()
            server_writer.write_eof()
        except OSError:
            server_writer.transport.abort()

    async def _pass_answers(self, server_reader, writer):
        try:
            while data := await server_reader.read(65536):
                if writer not in self.held:
                    writer.write(data)
                    await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()
