"""Native clients that send many messages and discard what they receive, so that the page is not measured beside a slow
client."""
import selectors
import socket
import time

PAYLOAD = b"All work and no play makes Jack a dull boy, as the saying goes. "
assert len(PAYLOAD) == 64


class Sender:
    """A client that has logged in. It counts its SENTs."""

    def __init__(self, port, name):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = self.confirmed = 0
        self.socket.sendall(b"LOGIN %s\r\n" % name.encode())
        received = b""
        while b"\nLIVE " not in received:
            received += self.socket.recv(1 << 16)
        if not received.startswith(b"WELCOME "):
            raise ConnectionError(received.decode())
        self.tail = received[-5:]  # the end of what was received, with which a SENT may begin

    def send(self, count):
        lines = []
        for _ in range(count):
            self.sent += 1
            lines.append(b"SEND %d %d\r\n%s\r\n" % (self.sent, len(PAYLOAD), PAYLOAD))
        self.socket.sendall(b"".join(lines))

    def read(self):
        """Reads what has come. The payload never contains the beginning of a SENT."""
        received = self.socket.recv(1 << 20)
        if not received:
            raise ConnectionError("the server has closed the connection")
        text = self.tail + received
        self.confirmed += text.count(b"\nSENT ")
        self.tail = text[-5:]


class Senders:
    """Several clients that send in turn. Use it in a `with` statement."""

    def __init__(self, port, names):
        self.selector = selectors.DefaultSelector()
        self.all = [Sender(port, name) for name in names]
        for sender in self.all:
            self.selector.register(sender.socket, selectors.EVENT_READ, sender)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.selector.close()
        for sender in self.all:
            sender.socket.close()

    def send(self, messages, at_once):
        """Sends messages, `at_once` of them by each sender in turn, and waits until all are accepted."""
        for turn in range(messages // at_once):
            self.all[turn % len(self.all)].send(at_once)
            self._read(0)
        self._wait_for_answers()

    def send_at(self, messages_a_second, seconds, at_once):
        """Sends at a fixed rate, `at_once` messages by each sender in turn. Returns the number of messages."""
        turns = messages_a_second * seconds // at_once
        begin = time.monotonic()
        for turn in range(turns):
            self.all[turn % len(self.all)].send(at_once)
            next_turn = begin + (turn + 1) * at_once / messages_a_second
            while (left := next_turn - time.monotonic()) > 0:
                self._read(left)
        self._wait_for_answers()
        return turns * at_once

    def confirmed(self):
        """Returns how many messages have been accepted. This is also the id of the newest one, if nobody else sends."""
        return sum(sender.confirmed for sender in self.all)

    def _wait_for_answers(self):
        while self.confirmed() < sum(sender.sent for sender in self.all):
            self._read(60)

    def _read(self, timeout):
        for key, _ in self.selector.select(timeout):
            key.data.read()
