"""A client that speaks the native protocol over TCP, and shares no code with the programs: the judge from outside."""
import socket
from collections import namedtuple

from .waiting import DEADLINE_S

Message = namedtuple("Message", "id sender ms payload")
Past = namedtuple("Past", Message._fields)
Sent = namedtuple("Sent", "seq id")
Gap = namedtuple("Gap", "first last")


class Person:
    """Logs in at once. With `ack=manual` its own cursor moves only by `ack()`."""

    def __init__(self, server, name, *options):
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        self.write(" ".join(["LOGIN", name, *options]))
        welcome = self.line()
        assert welcome[:2] == ["WELCOME", name], welcome
        self.welcome = dict(field.split("=", 1) for field in welcome[2:])
        self.seq = int(self.welcome.get("accepted", self.welcome["seq"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    def write(self, line, payload=None):
        self.socket.sendall(line.encode() + b"\r\n" + (b"" if payload is None else payload + b"\r\n"))

    def line(self):
        text = self.stream.readline()
        if not text:
            raise ConnectionError(f"{self.name}'s connection has ended")
        return text.decode().rstrip("\r\n").split(" ")

    def frame(self):
        """Returns the next frame: a Message, a Past, a Sent, a Gap, or the fields of another line."""
        fields = self.line()
        if fields[0] in ("MSG", "PAST"):
            payload = self.stream.read(int(fields[4]))
            self.stream.readline()
            return (Message if fields[0] == "MSG" else Past)(int(fields[1]), fields[2], int(fields[3]), payload)
        if fields[0] == "SENT":
            return Sent(int(fields[1]), int(fields[2]))
        if fields[0] == "GAP":
            return Gap(int(fields[1]), int(fields[2]))
        return fields

    def next(self, kind):
        """Returns the next frame of this kind, a class or the verb of a line."""
        while True:
            frame = self.frame()
            if isinstance(frame, kind) if isinstance(kind, type) else not isinstance(frame, tuple) and frame[0] == kind:
                return frame

    def next_text(self):
        """Waits for the next new message, and returns its text."""
        return self.next(Message).payload.decode()

    def send(self, text):
        """Sends a message, and returns its id after it has been accepted."""
        return self.send_all([text])[0]

    def send_all(self, texts):
        """Sends messages at once, and returns their ids after all have been accepted."""
        parts = []
        for text in texts:
            payload = text if isinstance(text, bytes) else text.encode()
            self.seq += 1
            parts.append(b"SEND %d %d\r\n%s\r\n" % (self.seq, len(payload), payload))
        first = self.seq - len(texts) + 1
        ids = []
        for start in range(0, len(parts), 1000):  # no more than fits into the buffers of the connection
            self.socket.sendall(b"".join(parts[start:start + 1000]))
            while len(ids) < min(start + 1000, len(parts)):
                sent = self.next(Sent)
                if sent.seq >= first:
                    ids.append(sent.id)
        return ids

    def ack(self, message_id):
        self.write(f"ACK {message_id}")

    def who(self):
        """Returns {client: (is online, cursor)}."""
        self.write("WHO")
        users = {}
        while (fields := self.frame())[0] != "END":
            if fields[0] == "USER":
                users[fields[1]] = (fields[2] == "online", int(fields[3].removeprefix("cursor=")))
        return users

    def cursor_of(self, name):
        return self.who()[name][1]

    def history(self, first=1, count=100000):
        """Returns the messages of the log, own ones too."""
        self.write(f"HISTORY {first} {count}")
        messages = []
        while isinstance(frame := self.frame(), tuple) or frame[0] != "END":
            if isinstance(frame, Past):
                messages.append(frame)
        return messages

    def log(self):
        """Returns the log as (sender, text)."""
        return [(message.sender, message.payload.decode()) for message in self.history()]
