"""A client of WebSocket that sends any frames, right or wrong, and shares no code with the programs."""
import base64
import os
import socket
import struct
from collections import namedtuple

from .waiting import DEADLINE_S

Frame = namedtuple("Frame", "opcode payload is_last")

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def encoded(opcode, payload=b"", last=True, masked=True, reserved=0):
    """Returns the bytes of a frame."""
    head = bytes([(0x80 if last else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", bit | 126, len(payload))
    else:
        head += struct.pack("!BQ", bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    whole = int.from_bytes(payload, "big") ^ int.from_bytes((mask * (len(payload) // 4 + 1))[:len(payload)], "big")
    return head + mask + whole.to_bytes(len(payload), "big")


class Refused(AssertionError):
    """The server has answered the request for a WebSocket with another status than 101."""

    def __init__(self, status, head):
        super().__init__(head)
        self.status = status


class WebSocket:
    """Connects at once. Everything that it waits for has a deadline.

    `reads` false makes the kernel keep only a little for this client, so that a server notices soon that it does not read.
    """

    def __init__(self, port, origin=None, subprotocol="belfry.v1", path="/ws", reads=True, behind=b"", **fields):
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE_S)
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.unread = b""
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"]
        lines += [f"Origin: {origin}"] if origin else []
        lines += [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + behind)
        while b"\r\n\r\n" not in self.unread:
            self.unread += self._received()
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        status, *answers = head.decode().split("\r\n")
        self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in answers)}
        if (number := int(status.split(" ")[1])) != 101:
            self.socket.close()
            raise Refused(number, head.decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _received(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the server has closed the connection after {self.unread!r}")
        return data

    def _take(self, count):
        while len(self.unread) < count:
            self.unread += self._received()
        data, self.unread = self.unread[:count], self.unread[count:]
        return data

    def send(self, opcode, payload=b"", **how):
        self.socket.sendall(encoded(opcode, payload, **how))

    def say(self, text):
        """Sends text in one binary message."""
        self.send(BINARY, text.encode())

    def frame(self):
        """Returns the next frame of the server, which must not be masked."""
        first, second = self._take(2)
        assert second < 0x80 and first & 0x70 == 0, f"no frame of a server: {first:#x} {second:#x}"
        length = second
        if second == 126:
            length, = struct.unpack("!H", self._take(2))
        elif second == 127:
            length, = struct.unpack("!Q", self._take(8))
        return Frame(first & 0x0f, self._take(length), bool(first & 0x80))

    def read_until(self, end):
        """Returns the bytes of messages up to `end`, which they must have at their end."""
        data = b""
        while not data.endswith(end):
            frame = self.frame()
            assert frame.opcode == BINARY and frame.is_last, frame
            data += frame.payload
        return data

    def log_in(self, name, options=""):
        """Logs in, and returns what came up to LIVE."""
        self.say(f"LOGIN {name}{' ' + options if options else ''}\r\n")
        data = b""
        while not data.endswith(b"\r\n") or b"\r\nLIVE " not in data:
            data += self.frame().payload
            assert not data.startswith(b"ERR"), data
        return data

    def close_code(self):
        """Reads up to the frame that closes the connection, and returns its code and reason."""
        while (frame := self.frame()).opcode != CLOSE:
            pass
        return struct.unpack("!H", frame.payload[:2])[0], frame.payload[2:].decode()

    def has_ended(self):
        """Tells that the server closes the TCP connection, without a reset."""
        return self.unread == b"" and self.socket.recv(65536) == b""
