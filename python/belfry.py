"""A client of the message server Belfry, with threads or with asyncio.

`Client` is for programs that block, and `AsyncClient` for asyncio. Both stay logged in: they connect again after a loss,
send again what has no answer, and give each event of the log to the program once.

    import belfry

    with belfry.Client("ann", "tcp://127.0.0.1:5000") as client:
        client.send("hello")
        for event in client:
            if isinstance(event, belfry.Message):
                print(event.sender, event.text)

The protocol is described in wire/PROTOCOL.md. `FrameReader` and `Conversation` know it, and use neither sockets nor clocks.
The clients move bytes, and tell the conversation the time.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import ipaddress
import logging
import os
import random
import re
import selectors
import socket
import ssl
import struct
import threading
import time
import urllib.parse
import weakref
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Deque,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Type,
    Union,
    cast,
)

__all__ = [
    "AsyncClient",
    "BelfryError",
    "Client",
    "FrameReader",
    "Gap",
    "History",
    "Live",
    "LogEvent",
    "Message",
    "Presence",
    "Receipt",
    "Sent",
    "StateChange",
    "User",
    "Welcome",
]
__version__ = "0.1.0"

_log = logging.getLogger("belfry")


class BelfryError(Exception):
    """Why something was refused, or why a client has stopped.

    `code` is one of PROTOCOL.md's errors, or `taken-over`, `closed`, `broken-server`, `bad-certificate` or `forked`.
    `seq` is set if a message may have been accepted all the same. Send it again with this seq, and it is not doubled.

    >>> BelfryError("too-large", "more than 65536 bytes")
    BelfryError('too-large: more than 65536 bytes')
    """

    def __init__(self, code: str, text: str = "", seq: Optional[int] = None) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text
        self.seq = seq


# --- what programs receive ---


class Message(NamedTuple):
    """A message of another client, or any message of the history.

    >>> Message(7, "bob", 1700000000000, b"hello").text
    'hello'
    """

    id: int
    sender: str
    time: int
    """When the server appended it, as Unix time in milliseconds."""
    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text. Bytes that are not UTF-8 become U+FFFD."""
        return self.payload.decode("utf-8", "replace")


class Sent(NamedTuple):
    """An own message has its place in the log. An earlier run of the program may have sent it."""

    id: int
    seq: int


class Gap(NamedTuple):
    """Messages that this client had not seen and that no longer exist."""

    first: int
    last: int


class Live(NamedTuple):
    """The backlog has ended."""

    id: int


LogEvent = Union[Message, Sent, Gap, Live]


class Welcome(NamedTuple):
    """What the server tells at each login."""

    id: str
    epoch: str
    """Names the log. Remembered ids are meaningless in another epoch."""
    cursor: int
    """The id of the last message that this client had acknowledged."""
    last: int
    """The id of the newest message at the login."""
    seq: int
    """The highest seq of this client that was accepted."""
    max_payload: int
    server: str


class Presence(NamedTuple):
    """Another client came online or went offline."""

    id: str
    online: bool


class User(NamedTuple):
    """A client that the server knows."""

    id: str
    online: bool
    cursor: int


class Receipt(NamedTuple):
    """The answer to a message. `id` is missing if the server says that it had been accepted before (`DUP`)."""

    seq: int
    id: Optional[int] = None


class History(NamedTuple):
    """Messages that were read again, and the ids of the first and last one, or 0."""

    messages: List[Message]
    first: int
    last: int


class StateChange(NamedTuple):
    """The client is now `connecting`, `online`, `waiting` (it tries again later) or `stopped`."""

    state: str
    error: Optional[BelfryError] = None
    """Why, if the client is waiting or stopped."""
    welcome: Optional[Welcome] = None
    """Present if the client is online."""
    retry_in: Optional[float] = None
    """Seconds until the next attempt, if the client is waiting."""


# --- frames ---


class _Past(NamedTuple):
    message: Message


class _Dup(NamedTuple):
    seq: int


class _End(NamedTuple):
    first: int
    last: int


class _Pong(NamedTuple):
    token: str


class _Error(NamedTuple):
    code: str
    seq: int
    text: str


class _Bye(NamedTuple):
    reason: str


_Frame = Union[LogEvent, Welcome, Presence, User, _Past, _Dup, _End, _Pong, _Error, _Bye]

_MAX_LINE = 65536
_MAX_PAYLOAD = 16 << 20
_MAX_NUMBER = 2**64 - 1
_MAX_SEQ = 2**63 - 1

# Nearly all frames have one of these two forms. They are read without the general parser, in a third of the time.
# SENT often comes many times in a row.
_MSG = re.compile(rb"MSG (\d{1,18}) ([\w.-]{1,32}) (\d{1,18}) (\d{1,8})\r\n")
_SENTS = re.compile(rb"(?:SENT \d{1,18} \d{1,18}\r\n){1,1000}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_EPOCH = re.compile(r"[0-9A-Fa-f]{1,32}")


class _Unreadable(Exception):
    """The bytes are not the protocol."""


def _number(text: str) -> int:
    """Reads decimal digits. A number that is too large for 64 bits counts as 2^64-1."""
    if not (text.isascii() and text.isdigit()):
        raise _Unreadable
    digits = text.lstrip("0")
    return min(int(digits or "0"), _MAX_NUMBER) if len(digits) <= 20 else _MAX_NUMBER


def _seq(text: str) -> int:
    return 0 if text == "-" else _number(text)


def _word(text: str) -> str:
    if not text:
        raise _Unreadable
    return text


def _matching(pattern: "re.Pattern[str]", text: str) -> str:
    if not pattern.fullmatch(text):
        raise _Unreadable
    return text


class _Fields:
    """The fields behind a verb. A field that is missing or malformed raises _Unreadable."""

    def __init__(self, text: str) -> None:
        self._words = text.split(" ")[1:]
        self._words.reverse()

    def word(self) -> str:
        if not self._words:
            raise _Unreadable
        return _word(self._words.pop())

    def optional_word(self) -> str:
        return self.word() if self._words else ""

    def number(self) -> int:
        return _number(self.word())

    def client_id(self) -> str:
        return _matching(_CLIENT_ID, self.word())

    def text(self) -> str:
        """Reads the rest of the line, which people read."""
        text = " ".join(reversed(self._words))
        self._words.clear()
        return text.encode("latin-1").decode("utf-8", "replace")

    def option(self, key: str, read: Callable[[str], Any], missing: Any = None) -> Any:
        values = [word[len(key) + 1 :] for word in self._words if word.startswith(key + "=")]
        if not values and missing is None:
            raise _Unreadable
        return [read(value) for value in reversed(values)][-1] if values else missing

    def are_options(self) -> bool:
        return all("=" in word for word in self._words)


def _number_or_0(text: str) -> int:
    try:
        return _number(text)
    except _Unreadable:
        return 0


def _read_welcome(fields: _Fields) -> Welcome:
    seq = fields.option("seq", _number)
    # Messages that were accepted and may not be shown yet have used seqs too.
    accepted = fields.option("accepted", _number_or_0, 0)
    return Welcome(
        id=fields.client_id(),
        epoch=fields.option("epoch", lambda text: _matching(_EPOCH, text)),
        cursor=fields.option("cursor", _number),
        last=fields.option("last", _number),
        seq=max(seq, accepted),
        max_payload=fields.option("max-payload", _number),
        server=fields.option("server", str, ""),
    )


def _read_user(fields: _Fields) -> User:
    name, state = fields.client_id(), fields.word()
    if state not in ("online", "offline"):
        raise _Unreadable
    return User(name, state == "online", fields.option("cursor", _number))


def _read_sent(fields: _Fields) -> Sent:
    seq = fields.number()
    return Sent(fields.number(), seq)


_READERS: Dict[str, Callable[[_Fields], _Frame]] = {
    "WELCOME": _read_welcome,
    "SENT": _read_sent,
    "DUP": lambda fields: _Dup(fields.number()),
    "LIVE": lambda fields: Live(fields.number()),
    "GAP": lambda fields: Gap(fields.number(), fields.number()),
    "END": lambda fields: _End(0, 0) if fields.are_options() else _End(fields.number(), fields.number()),
    "USER": _read_user,
    "ONLINE": lambda fields: Presence(fields.client_id(), True),
    "OFFLINE": lambda fields: Presence(fields.client_id(), False),
    "PONG": lambda fields: _Pong(fields.optional_word()),
    "ERR": lambda fields: _Error(fields.word(), _seq(fields.word()), fields.text()),
    "BYE": lambda fields: _Bye(fields.word()),
}


def _read_line(line: str) -> Optional[_Frame]:
    """Reads a line that carries no payload. @return nothing if its verb is unknown"""
    read = _READERS.get(line.partition(" ")[0])
    if read is None:
        return None
    fields = _Fields(line)
    frame = read(fields)
    if not fields.are_options():
        raise _Unreadable
    return frame


def _read_header(line: str) -> Tuple[Message, int]:
    """Reads the line of a MSG or PAST. @return the message without its payload, whose size follows"""
    fields = _Fields(line)
    message = Message(fields.number(), fields.client_id(), fields.number(), b"")
    size = fields.number()
    if size > _MAX_PAYLOAD or not fields.are_options():
        raise _Unreadable
    return message, size


class FrameReader:
    """Splits the bytes of a server into frames, in linear time however they are cut.

    >>> reader = FrameReader()
    >>> reader.feed(b"MSG 7 bob 1700000000000 5\\r\\nhel")
    []
    >>> reader.feed(b"lo\\r\\nLIVE 7\\r\\n")
    [Message(id=7, sender='bob', time=1700000000000, payload=b'hello'), Live(id=7)]
    """

    def __init__(self) -> None:
        self.is_broken = False
        """The bytes are not the protocol. Then nothing more is read."""
        self._pieces: List[bytes] = []  # of a frame that is not complete
        self._size = 0  # of all pieces
        self._wanted = 0  # the frame is not complete before it has so many bytes
        self._in_line = False  # or before its line has ended

    def feed(self, data: bytes) -> List[_Frame]:
        """Returns the frames that these bytes complete."""
        frames: List[_Frame] = []
        if self.is_broken:
            return frames
        if self._pieces:
            self._pieces.append(data)
            self._size += len(data)
            if self._size < self._wanted and not (self._in_line and b"\n" in data):
                return frames
            data = b"".join(self._pieces)
        try:
            end = self._read(data, frames)
        except _Unreadable:
            self.is_broken = True
            end = len(data)
        self._pieces = [data[end:]] if end < len(data) else []
        self._size = len(data) - end
        return frames

    def _read(self, data: bytes, frames: List[_Frame]) -> int:
        """Reads complete frames. @return where they end"""
        at, total = 0, len(data)
        append, read_msg, read_sents = frames.append, _MSG.match, _SENTS.match
        new = tuple.__new__
        while at < total:
            found = read_msg(data, at)
            if found:
                number, sender, ms, nbytes = found.groups()
                start = found.end()
                end = start + int(nbytes)
                if end + 1 < total and data[end] == 13 and data[end + 1] == 10 and end - start <= _MAX_PAYLOAD:
                    append(new(Message, (int(number), sender.decode(), int(ms), data[start:end])))
                    at = end + 2
                    continue
            else:
                found = read_sents(data, at)
                if found:
                    words = found[0].split()
                    for seq, number in zip(words[1::3], words[2::3]):
                        append(new(Sent, (int(number), int(seq))))
                    at = found.end()
                    continue
            end = self._read_any(data, at, frames)
            if end == at:
                break
            at = end
        return at

    def _read_any(self, data: bytes, at: int, frames: List[_Frame]) -> int:
        """Reads any frame. @return where it ends, or where it begins if it is not complete"""
        lf = data.find(b"\n", at, at + _MAX_LINE)
        self._in_line = lf < 0
        if lf < 0:
            self._wanted = _MAX_LINE
            if len(data) - at >= _MAX_LINE:
                raise _Unreadable
            return at
        line = data[at : lf - 1 if data[lf - 1 : lf] == b"\r" and lf > at else lf].decode("latin-1")
        verb = line.partition(" ")[0]
        if verb not in ("MSG", "PAST"):
            frame = _read_line(line)
            if frame is not None:
                frames.append(frame)
            return lf + 1
        message, size = _read_header(line)
        end = lf + 1 + size
        ending = data[end : end + 2]
        if ending[:1] not in (b"", b"\r", b"\n") or (ending[:1] == b"\r" and ending[1:] not in (b"", b"\n")):
            raise _Unreadable
        if ending in (b"", b"\r"):
            self._wanted = end - at + len(ending) + 1
            return at
        message = message._replace(payload=data[lf + 1 : end])
        frames.append(message if verb == "MSG" else _Past(message))
        return end + (1 if ending[:1] == b"\n" else 2)


# --- the state of a conversation, over all connections ---


def _last_id(event: LogEvent) -> int:
    return event.last if type(event) is Gap else cast(int, event.id)  # type: ignore[union-attr]


class _Inbox:
    """The events that the program was not given yet, and the ids that it has taken."""

    EVENT_BYTES = 100  # each event counts for this much besides its payload
    PAUSE_AT = 4 << 20  # reading stops at so many bytes, unless an answer is due
    RESUME_AT = 1 << 20
    DROP_AT = 16 << 20  # more is not kept, and read again later

    def __init__(self) -> None:
        self.size = 0  # of the waiting events, in bytes
        self.has_dropped = False  # what follows the waiting events has to be read again
        self.given_epoch = ""  # of the event that the program was given last
        self._epoch = ""
        self._events: Deque[LogEvent] = collections.deque()
        self._seen = 0  # the highest id that was added
        self._given = 0  # the highest id that the program was given
        self._taken = 0  # the highest id that may be acknowledged
        self._acked = 0  # the highest id that the server knows as acknowledged

    def begin(self, welcome: Welcome) -> None:
        """Begins a session. In another epoch ids mean nothing, and what was not taken comes again if it still exists."""
        if self._epoch != welcome.epoch:
            self._events.clear()
            self.size = self._seen = self._given = self._taken = 0
        self._epoch = welcome.epoch
        self._acked = welcome.cursor
        self._seen = max(self._seen, welcome.cursor)
        self.has_dropped = False

    def add(self, event: Union[Message, Sent, Gap], last: int, cost: int = EVENT_BYTES) -> None:
        """Adds an event whose last id is `last`, unless it came before."""
        if last <= self._seen or not self._has_room():
            return
        self._seen = last
        self._events.append(event)
        self.size += cost

    def add_gap(self, gap: Gap) -> None:
        """Adds what is new of a gap."""
        self.add(Gap(max(gap.first, self._seen + 1), gap.last), gap.last)

    def add_live(self, live: Live) -> None:
        if self._has_room():
            self._events.append(live)
            self.size += self.EVENT_BYTES

    def _has_room(self) -> bool:
        """Tells whether an event can be kept. After one that was dropped, no event is kept."""
        self.has_dropped = self.has_dropped or self.size >= self.DROP_AT
        return not self.has_dropped

    def _cost(self, event: LogEvent) -> int:
        return self.EVENT_BYTES + (len(event.payload) if type(event) is Message else 0)

    def give(self) -> Optional[LogEvent]:
        """Returns the next event for the program."""
        if not self._events:
            return None
        event = self._events.popleft()
        self.size -= self._cost(event)
        self.given_epoch = self._epoch
        if type(event) is not Live:
            self._given = _last_id(event)
        return event

    @property
    def is_empty(self) -> bool:
        return not self._events

    def take(self, last: Optional[int] = None) -> None:
        """Notes that the program has taken the events up to this id. An id that it was not given does not count."""
        self._taken = max(self._taken, self._given if last is None else min(last, self._given))

    @property
    def has_news(self) -> bool:
        """Whether the program has taken something that the server does not know."""
        return self._taken > self._acked

    def ack(self) -> bytes:
        """Returns the command that acknowledges what was taken."""
        self._acked = self._taken
        return b"ACK %d\r\n" % self._acked


# A future of concurrent.futures or of asyncio. Only the clients touch it.
_Future = Any
_Settled = Tuple[_Future, object]  # and its result

_QUEUED, _FLYING, _POSTPONED, _SETTLED = range(4)


class _Outgoing:
    """A message that has no answer."""

    __slots__ = ("payload", "seq", "future", "state")

    def __init__(self, payload: bytes, seq: int, future: _Future) -> None:
        self.payload = payload
        self.seq = seq  # 0: not chosen yet
        self.future = future
        self.state = _QUEUED


class _Unsent:
    """The messages without an answer. Each keeps its seq when it is sent again."""

    MESSAGE_BYTES = 100  # each message counts for this much besides its payload
    ENOUGH = 4 << 20

    def __init__(self, claim: Callable[[_Future], bool], settled: List[_Settled]) -> None:
        self.size = 0  # in bytes
        self.is_postponed = False  # the store does not work: nothing is sent until try_again()
        self._claim = claim
        self._settled = settled
        self._numbered: Dict[int, _Outgoing] = {}  # by their seqs, which ascend
        self._fresh: Deque[_Outgoing] = collections.deque()  # those not sent yet
        self._queue: Deque[_Outgoing] = collections.deque()  # the numbered ones that are to be sent
        self._newest: Optional[_Outgoing] = None  # the one that was sent last on this connection
        self._top = 0  # the highest seq of this client
        self._used = 0  # the highest seq that the server has accepted or refused
        self._max_payload = 0

    def __len__(self) -> int:
        return len(self._numbered) + len(self._fresh)

    @property
    def has_room(self) -> bool:
        return self.size < self.ENOUGH

    def add(self, payload: bytes, seq: int, future: _Future) -> None:
        """Queues a message. Its future gets a Receipt. A seq of 0 is chosen when the message leaves."""
        self._fresh.append(_Outgoing(payload, seq, future))
        self.size += self.MESSAGE_BYTES + len(payload)

    def begin(self, welcome: Welcome) -> None:
        self._used = welcome.seq
        self._max_payload = welcome.max_payload
        self.send_all_again()

    def send_all_again(self) -> None:
        """Sends every numbered message again, in order."""
        for message in self._numbered.values():
            message.state = _QUEUED
        self._requeue()

    def try_again(self) -> None:
        """Sends the postponed messages again, in order and with the same seqs."""
        for message in self._numbered.values():
            if message.state == _POSTPONED:
                message.state = _QUEUED
        self._requeue()

    def _requeue(self) -> None:
        self._queue = collections.deque(message for message in self._numbered.values() if message.state == _QUEUED)
        self._newest = None
        self.is_postponed = False

    def fill(self, out: List[bytes], enough: int) -> None:
        """Appends SEND commands of about `enough` bytes."""
        while enough > 0 and not self.is_postponed:
            if self._queue:
                message = self._queue.popleft()
                if message.state != _QUEUED:
                    continue
            elif self._fresh:
                message = self._fresh.popleft()
                if not self._number(message):
                    continue
            else:
                return
            message.state = _FLYING
            self._newest = message
            payload = message.payload
            out.append(b"SEND %d %d\r\n%b\r\n" % (message.seq, len(payload), payload))
            enough -= len(payload) + 30

    def _number(self, message: _Outgoing) -> bool:
        """Gives a message its seq. @return False: it is not to be sent"""
        if not self._claim(message.future):
            return self._forget(message)
        if len(message.payload) > self._max_payload:
            return self._refuse(message, "too-large", f"more than {self._max_payload} bytes")
        seq = message.seq or (self._top if self._top > self._used else self._used) + 1
        # The server would take a seq that is not above the earlier ones for a repetition.
        if seq <= self._top or seq > _MAX_SEQ:
            return self._refuse(message, "bad-seq", "not above the seqs before it, or above 2^63-1")
        message.seq = self._top = seq
        self._numbered[seq] = message
        return True

    def _refuse(self, message: _Outgoing, code: str, text: str) -> bool:
        self._settled.append((message.future, BelfryError(code, text)))
        return self._forget(message)

    def _forget(self, message: _Outgoing) -> bool:
        self.size -= self.MESSAGE_BYTES + len(message.payload)
        message.state = _SETTLED
        return False

    def accept(self, seq: int, last: Optional[int]) -> None:
        """Settles a message after SENT, or after DUP, which has no id."""
        message = self._numbered.pop(seq, None)
        if message is None:
            return
        if seq > self._used:
            self._used = seq
        # Receipt(seq, last) takes three times as long.
        self._settled.append((message.future, tuple.__new__(Receipt, (seq, last))))
        self._forget(message)

    def refuse(self, error: _Error) -> None:
        """Handles an ERR for a message. After a bad seq the next one is numbered as if that had never been used."""
        if error.code == "store-failed" and error.seq in self._numbered:
            self._numbered[error.seq].state = _POSTPONED
            self.is_postponed = True
            return
        message = self._numbered.pop(error.seq, None)
        if message is None:
            return
        self._refuse(message, error.code, error.text)
        if error.code == "bad-seq":
            self._top = max(self._numbered, default=0)
        else:
            self._used = max(self._used, error.seq)

    @property
    def can_try_again(self) -> bool:
        """Whether messages are postponed and no other one can still be refused. Errors come in order."""
        return self.is_postponed and (self._newest is None or self._newest.state != _FLYING)

    def give_up(self, error: BelfryError) -> None:
        """Settles all messages. Their errors name the seqs of those that may have been accepted."""
        for message in self._numbered.values():
            self._settled.append((message.future, BelfryError(error.code, error.text, message.seq)))
        for message in self._fresh:
            self._settled.append((message.future, error))
        self._numbered.clear()
        self._fresh.clear()
        self._queue.clear()
        self.size = 0


class _Question(NamedTuple):
    """A command whose answer has several frames. It is asked again on each connection."""

    command: bytes
    result: Callable[[List[Any], _End], object]
    found: List[Any]
    future: _Future


class _Backoff:
    """Pauses that are random and grow, so that many clients do not come back at once."""

    def __init__(self, first: float, longest: float) -> None:
        self.first, self.longest = first, longest
        self._range = first

    def next(self) -> float:
        pause = self._range * random.uniform(0.5, 1)
        self._range = min(2 * self._range, self.longest)
        return pause

    def reset(self) -> None:
        self._range = self.first


_FINAL_REFUSALS = ("unknown-client", "login-refused", "tls-required", "bad-line")


class Conversation:
    """What is said to the server and what its frames mean, over all connections of a client.

    A driver moves the bytes. It connects to `server` when `wants_connection` is true, and calls `connected()` or `lost()`.
    Then it writes what `output()` returns, calls `received()`, and closes the connection as soon as `is_linked` is false.
    It calls `tick()` at `deadline()`. After each call it hands out `settled` and `news`. All times are those of a monotonic
    clock, in seconds.
    """

    LOGIN_TIMEOUT = 10.0
    QUIT_TIMEOUT = 5.0
    ACK_DELAY = 0.1
    STORE_TIMEOUT = 5.0
    OUTPUT = 1 << 18

    def __init__(
        self,
        login: bytes,
        servers: int = 1,
        claim: Callable[[_Future], bool] = lambda future: True,
        backoff: Tuple[float, float] = (0.25, 10.0),
        ping: Tuple[float, float] = (30.0, 10.0),
    ) -> None:
        self.state = "connecting"
        self.error: Optional[BelfryError] = None  # why the client waits or has stopped
        self.welcome: Optional[Welcome] = None
        self.server = 0  # the index of the one in use
        self.is_linked = False
        self.is_leaving = False
        self.is_closed = False
        self.settled: List[_Settled] = []  # always this list, because `unsent` adds to it too
        self.news: List[Union[StateChange, Presence]] = []
        self.inbox = _Inbox()
        self.unsent = _Unsent(claim, self.settled)
        self._login = login
        self._servers = servers
        self._failures = 0  # since the last login
        self._reader = FrameReader()
        self._commands: List[bytes] = []
        self._questions: Deque[_Question] = collections.deque()
        self._timers: Dict[str, float] = {}
        self._retries = _Backoff(*backoff)
        self._resends = _Backoff(0.1, 2.0)
        self._ping_after, self._ping_within = ping
        self._heard = 0.0  # when bytes came last
        self._asked = 0.0  # when PING was sent last
        self._is_paused = False
        self._fault: Optional[BelfryError] = None  # the server may close the connection because of it

    @property
    def is_online(self) -> bool:
        return self.state == "online"

    # --- the program ---

    def history(self, first: int, count: int, future: _Future) -> None:
        command = b"HISTORY %d %d\r\n" % (first, count)
        self._ask(command, lambda found, end: History(found, end.first, end.last), future)

    def who(self, future: _Future) -> None:
        self._ask(b"WHO\r\n", lambda found, end: found, future)

    def _ask(self, command: bytes, result: Callable[[List[Any], _End], object], future: _Future) -> None:
        self._questions.append(_Question(command, result, [], future))
        if self.is_online:
            self._commands.append(command)

    def give(self, now: float) -> Optional[LogEvent]:
        """Returns the next event of the log."""
        event = self.inbox.give()
        if event is None and self.inbox.has_dropped and self.is_online:
            self._drop()
            self._enter("connecting")
        return event

    def take(self, now: float, last: Optional[int] = None) -> bool:
        """Notes what the program has taken. @return True: deadline() may be earlier now"""
        self.inbox.take(last)
        return self._ack_soon(now)

    def connect(self, now: float) -> None:
        """Ends a pause."""
        if self.state in ("waiting", "stopped") and not self.is_closed:
            self._timers.clear()
            self._enter("connecting")

    def leave(self, now: float) -> None:
        """Acknowledges what was taken, and ends the conversation."""
        if self.is_leaving:
            return
        self.is_leaving = True
        if not self.is_online:
            return self._finish()
        self._ack()
        self._commands.append(b"QUIT\r\n")
        self._timers["quit"] = now + self.QUIT_TIMEOUT

    # --- the connection ---

    @property
    def wants_connection(self) -> bool:
        return self.state == "connecting" and not self.is_linked

    def wants_input(self) -> bool:
        """Tells whether to read. While the program takes nothing, the server waits, unless an answer is due behind the events."""
        limit = self.inbox.RESUME_AT if self._is_paused else self.inbox.PAUSE_AT
        is_due = self.is_leaving or not self.is_online or bool(self._questions) or len(self.unsent) > 0
        self._is_paused = not is_due and self.inbox.size > limit
        return not self._is_paused

    def connected(self, now: float) -> None:
        """A connection stands."""
        self.is_linked = True
        self._reader = FrameReader()
        self._commands = [self._login]
        self._fault = None
        self._timers["login"] = now + self.LOGIN_TIMEOUT

    def output(self) -> bytes:
        """Returns the next bytes to write."""
        out, self._commands = self._commands, []
        if self.is_online and not self.is_leaving:
            self.unsent.fill(out, self.OUTPUT)
        return b"".join(out)

    def received(self, data: bytes, now: float) -> None:
        """Handles bytes of the server."""
        self._heard = now
        is_storing = False
        add, accept = self.inbox.add, self.unsent.accept
        for frame in self._reader.feed(data):
            kind = type(frame)
            if kind is Message:
                if self.state == "online":
                    add(frame, frame.id, _Inbox.EVENT_BYTES + len(frame.payload))  # type: ignore
            elif kind is Sent:
                if self.state == "online":
                    accept(frame.seq, frame.id)  # type: ignore
                    add(frame, frame.id)  # type: ignore
                    is_storing = True
            else:
                self._on_other(frame, now)
                if not self.is_linked:
                    return
        if self._reader.is_broken:
            return self._stop(BelfryError("broken-server", "the bytes of the server are not the protocol"))
        if is_storing:
            self._resends.reset()
            self._timers.pop("store", None)
        if self.unsent.can_try_again and "resend" not in self._timers:
            self._timers["resend"] = now + self._resends.next()

    def lost(self, error: BelfryError, now: float) -> None:
        """The connection is lost, or none was made. Another server is tried at once, the same one after a pause."""
        was_online = self.is_online
        self._drop()
        if self.is_leaving:
            return self._finish()
        self.server = (self.server + 1) % self._servers
        self._failures += 1
        if not was_online and self._failures % self._servers != 0:
            return self._enter("connecting")
        pause = self._retries.next()
        self._timers["retry"] = now + pause
        self._enter("waiting", error, retry_in=pause)

    def refuse(self, error: BelfryError) -> None:
        """The client must not connect to this server. It stops."""
        self._stop(error)

    # --- time ---

    def deadline(self) -> Optional[float]:
        return min(self._timers.values(), default=None)

    def tick(self, now: float) -> None:
        """Does what is due."""
        for name in [name for name, due in self._timers.items() if due <= now]:
            if self._timers.pop(name, None) is not None:
                self._TIMERS[name](self, now)

    def _on_login_timer(self, now: float) -> None:
        self.lost(BelfryError("closed", "no answer to the login"), now)

    def _on_retry_timer(self, now: float) -> None:
        self._enter("connecting")

    def _on_silence_timer(self, now: float) -> None:
        quiet_until = now if self._is_paused else self._heard
        if quiet_until + self._ping_after > now:
            self._timers["silence"] = quiet_until + self._ping_after
        else:
            self._commands.append(b"PING\r\n")
            self._asked = now
            self._timers["pong"] = now + self._ping_within

    def _on_pong_timer(self, now: float) -> None:
        if self._is_paused or self._heard > self._asked:
            self._timers["silence"] = now + self._ping_after
        else:
            self.lost(BelfryError("closed", "the server does not answer"), now)

    def _on_ack_timer(self, now: float) -> None:
        if self.inbox.has_news:
            self._ack()

    def _on_resend_timer(self, now: float) -> None:
        self.unsent.try_again()

    def _on_store_timer(self, now: float) -> None:
        # A node of a cluster that has lost touch with it stores nothing, but another one may.
        self.lost(BelfryError("store-failed", "the server cannot store messages"), now)

    def _on_quit_timer(self, now: float) -> None:
        self._drop()
        self._finish()

    _TIMERS: Dict[str, Callable[["Conversation", float], None]] = {
        "login": _on_login_timer,
        "retry": _on_retry_timer,
        "silence": _on_silence_timer,
        "pong": _on_pong_timer,
        "ack": _on_ack_timer,
        "resend": _on_resend_timer,
        "store": _on_store_timer,
        "quit": _on_quit_timer,
    }

    def _ack_soon(self, now: float) -> bool:
        if not self.is_online or self.is_leaving or "ack" in self._timers or not self.inbox.has_news:
            return False
        self._timers["ack"] = now + self.ACK_DELAY
        return True

    def _ack(self) -> None:
        if self.inbox.has_news:
            self._commands.append(self.inbox.ack())

    # --- what the server says ---

    def _on_other(self, frame: _Frame, now: float) -> None:
        if isinstance(frame, Welcome):
            self._on_welcome(frame, now)
        elif isinstance(frame, _Error):
            self._on_error(frame, now)
        elif isinstance(frame, _Bye):
            self._on_bye(frame, now)
        elif not self.is_online:
            pass
        elif isinstance(frame, _Dup):
            self.unsent.accept(frame.seq, None)
        elif isinstance(frame, Live):
            self.inbox.add_live(frame)
        elif isinstance(frame, Gap):
            # An own message may be missing whose SENT was lost. The server answers it with DUP.
            self.inbox.add_gap(frame)
            self.unsent.send_all_again()
        elif isinstance(frame, Presence):
            self.news.append(frame)
        elif self._questions:
            self._on_answer(frame)

    def _on_answer(self, frame: _Frame) -> None:
        question = self._questions[0]
        if isinstance(frame, _Past):
            question.found.append(frame.message)
        elif isinstance(frame, User):
            question.found.append(frame)
        elif isinstance(frame, _End):
            self._questions.popleft()
            self.settled.append((question.future, question.result(question.found, frame)))

    def _on_welcome(self, welcome: Welcome, now: float) -> None:
        if self.is_online:
            return
        self._timers.clear()
        self._failures = 0
        self._retries.reset()
        self.welcome = welcome
        self.inbox.begin(welcome)
        self.unsent.begin(welcome)
        self._timers["silence"] = now + self._ping_after
        self._is_paused = False
        self._enter("online", welcome=welcome)
        self._ack_soon(now)
        for question in self._questions:
            question.found.clear()
            self._commands.append(question.command)

    def _on_error(self, error: _Error, now: float) -> None:
        fault = BelfryError(error.code, error.text)
        if not self.is_online:
            return self._stop(fault) if error.code in _FINAL_REFUSALS else self.lost(fault, now)
        if error.seq:
            if error.code == "store-failed" and self._servers > 1:
                self._timers.setdefault("store", now + self.STORE_TIMEOUT)
            return self.unsent.refuse(error)
        self._fault = fault
        _log.warning("the server says %s", fault)

    def _on_bye(self, bye: _Bye, now: float) -> None:
        if bye.reason == "taken-over" and not self.is_leaving:
            return self._stop(BelfryError("taken-over", "another login of this client has taken over"))
        self.lost(self._fault or BelfryError("closed", f"closed by the server: {bye.reason}"), now)

    # --- states ---

    def _enter(self, state: str, error: Optional[BelfryError] = None, **details: Any) -> None:
        if state == "waiting" and self.state != "waiting":
            level = logging.WARNING if self.error is None else logging.INFO
            _log.log(level, "no connection (%s); next attempt in %.1f s", error, details["retry_in"])
        self.state = state
        if state != "connecting":
            self.error = error
        self.news.append(StateChange(state, error, **details))

    def _drop(self) -> None:
        self.is_linked = False
        self._timers.clear()
        self._commands = []

    def _stop(self, error: BelfryError) -> None:
        self._drop()
        if self.is_leaving:
            return self._finish()
        self._give_up(error)
        self._enter("stopped", error)

    def _finish(self) -> None:
        self.abort(BelfryError("closed", "the client was closed"))

    def abort(self, error: BelfryError) -> None:
        """Ends the conversation at once."""
        self._drop()
        self._give_up(error)
        self.is_closed = self.is_leaving = True
        self._enter("stopped", error)

    def _give_up(self, error: BelfryError) -> None:
        self.unsent.give_up(error)
        for question in self._questions:
            self.settled.append((question.future, error))
        self._questions.clear()


# --- what both clients share ---

_Payload = Union[str, bytes, bytearray, memoryview]
_OnState = Callable[[StateChange], None]
_OnPresence = Callable[[Presence], None]

_CONNECT_TIMEOUT = 5.0
_HANDSHAKE_TIMEOUT = 10.0
_AT_ONCE = 1 << 18


class _Server(NamedTuple):
    url: str
    host: str
    port: int
    is_tls: bool


class _Address(NamedTuple):
    family: int
    address: Any


def _server(url: str) -> _Server:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port or parts.path not in ("", "/"):
        raise ValueError(f"a server is tcp://HOST:PORT or tls://HOST:PORT, not {url}")
    return _Server(url, parts.hostname, parts.port, parts.scheme == "tls")


def _bytes(payload: _Payload) -> bytes:
    if type(payload) is bytes:
        return payload
    return payload.encode() if isinstance(payload, str) else bytes(payload)


def _login(name: str, secret: Union[str, bytes, None], presence: bool) -> bytes:
    if not _CLIENT_ID.fullmatch(name):
        raise ValueError("a client-id has 1 to 32 of the characters A-Z a-z 0-9 _ . -")
    line = f"LOGIN {name} ack=manual"
    if presence:
        line += " presence=on"
    if secret:
        raw = _bytes(secret)
        if len(raw) > 256 or 0 in raw:
            raise ValueError("a secret has at most 256 bytes, and no NUL")
        line += " secret=" + "".join(f"%{byte:02x}" for byte in raw)
    return line.encode() + b"\r\n"


def _is_loopback(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class _Setup:
    """What a client was told."""

    def __init__(
        self,
        name: str,
        servers: Union[str, Sequence[str]],
        secret: Union[str, bytes, None],
        ack: str,
        presence: bool,
        ca: Optional[str],
        ssl_context: Optional[ssl.SSLContext],
    ) -> None:
        if ack not in ("taken", "manual"):
            raise ValueError("ack is taken or manual")
        self.login = _login(name, secret, presence)
        self.has_secret = bool(secret)
        self.servers = [_server(url) for url in ([servers] if isinstance(servers, str) else servers)]
        if not self.servers:
            raise ValueError("no server is given")
        self.takes = ack == "taken"
        self.context = ssl_context
        if self.context is None and any(server.is_tls for server in self.servers):
            self.context = ssl.create_default_context(cafile=ca)
            self.context.minimum_version = ssl.TLSVersion.TLSv1_2

    def addresses(self, server: _Server, found: Sequence[Tuple[Any, ...]]) -> List[_Address]:
        """Returns where to connect. A secret must not cross a network in clear.

        :param found: what getaddrinfo() has returned
        """
        addresses = [_Address(entry[0], entry[4]) for entry in found]
        if self.has_secret and not server.is_tls:
            addresses = [entry for entry in addresses if _is_loopback(entry.address[0])]
        if not addresses:
            raise BelfryError("tls-required", "a secret is sent to another machine only over TLS")
        return addresses


def _open_socket(family: int) -> socket.socket:
    link = socket.socket(family, socket.SOCK_STREAM)
    link.setblocking(False)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _loss(server: _Server, error: Exception) -> BelfryError:
    return BelfryError("closed", f"{server.url}: {_why(error)}")


def _untrusted(server: _Server, error: ssl.SSLCertVerificationError) -> BelfryError:
    return BelfryError("bad-certificate", f"{server.url}: {error.verify_message or error}")


def _checked_seq(seq: Optional[int]) -> int:
    if seq is not None and not 0 < seq <= _MAX_SEQ:
        raise ValueError("a seq is a number from 1 to 2^63-1")
    return seq or 0


def _forked() -> BelfryError:
    return BelfryError("forked", "this client belongs to the parent process")


# All clients of this process. A fork must not share their connections.
_clients: "weakref.WeakSet[_Shared]" = weakref.WeakSet()


def _after_fork() -> None:
    global _answers_lock
    _answers_lock = threading.RLock()  # a thread that is not here may have held it
    for client in list(_clients):
        client._abandon()
    _clients.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Shared:
    """The part of a client that does not wait."""

    _link: Optional[socket.socket]
    _resets = False  # whether the end of the link is a reset

    def __init__(
        self,
        setup: _Setup,
        core: Conversation,
        on_state: Optional[_OnState],
        on_presence: Optional[_OnPresence],
    ) -> None:
        self._setup = setup
        self._core = core
        self._on_state = on_state
        self._on_presence = on_presence
        self._is_forked = False
        _clients.add(self)

    @property
    def state(self) -> str:
        """`connecting`: no login yet, or none since the last loss; `online`; `waiting`: tries again later; `stopped`."""
        return self._core.state

    @property
    def welcome(self) -> Optional[Welcome]:
        """What the server told at the last login."""
        return self._core.welcome

    @property
    def unsent(self) -> int:
        """How many messages have no answer."""
        return len(self._core.unsent)

    @property
    def epoch(self) -> str:
        """The epoch of the event that was returned last. Its id is meaningless in another one."""
        return self._core.inbox.given_epoch

    def _abandon(self) -> None:
        """Runs in a forked child: closes its copies of descriptors, and leaves everything else to the parent."""
        self._is_forked = True

    def _check(self) -> None:
        """Raises if the client cannot be used any more."""
        if self._is_forked:
            raise _forked()
        if self._core.is_leaving:
            raise BelfryError("closed", "the client was closed")

    def _check_running(self) -> None:
        self._check()
        if self._core.state == "stopped" and self._core.error:
            raise self._core.error

    def _set_reset(self, resets: bool) -> None:
        """Chooses whether the end of the link, or of the process, is a reset.

        A server that reads a login after its client has given up must not end a later session of the client.
        """
        self._resets = resets
        if self._link is not None:
            try:
                self._link.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", resets, 0)
                )
            except OSError:
                pass  # the connection is gone

    def _begin(self, now: float) -> None:
        """The connection stands, and the login is the next that is written."""
        self._set_reset(True)
        self._core.connected(now)

    def _take_in(self, data: bytes, now: float) -> None:
        """Handles bytes of the server."""
        was_online = self._core.is_online
        self._core.received(data, now)
        if self._core.is_online and not was_online:
            self._set_reset(False)

    def _tell(self, news: Sequence[Union[StateChange, Presence]]) -> None:
        for item in news:
            try:
                if isinstance(item, StateChange):
                    if self._on_state:
                        self._on_state(item)
                elif self._on_presence:
                    self._on_presence(item)
            except Exception:
                _log.exception("a callback has failed")


# --- the client with threads ---


class _Closing(Exception):
    """The program has closed the client."""


_answers_lock = threading.RLock()  # guards each answer until it is made


class _Answer(concurrent.futures.Future[Any]):
    """A future that is made when somebody looks at it. Most have their result before, and need no lock of their own.

    What Future.__init__() sets is missing until then. The methods of Future look for it, and so call __getattr__().
    """

    _is_made = False
    _is_claimed = False
    _receipt: Optional[Receipt] = None

    def __init__(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        with _answers_lock:
            if not self._is_made:
                made: concurrent.futures.Future[Receipt] = concurrent.futures.Future()
                if self._is_claimed:
                    made.set_running_or_notify_cancel()
                if self._receipt:
                    made.set_result(self._receipt)
                vars(self).update(vars(made), _is_made=True)
        return object.__getattribute__(self, name)

    def result(self, timeout: Optional[float] = None) -> Any:
        return self._receipt or super().result(timeout)

    def claim(self) -> bool:
        """Runs before its message leaves. @return False: it was cancelled"""
        with _answers_lock:
            if not self._is_made:
                self._is_claimed = True
                return True
        return self.set_running_or_notify_cancel()

    @staticmethod
    def settle(settled: List[_Settled]) -> None:
        """Sets the results of answers."""
        with _answers_lock:
            rest = [(answer, result) for answer, result in settled if not answer._take(result)]
        for answer, result in rest:
            answer._set(result)

    def _take(self, result: object) -> bool:
        if self._is_made or type(result) is not Receipt:
            return False
        self._receipt = result
        return True

    def _set(self, result: object) -> None:
        try:
            if isinstance(result, BelfryError):
                self.set_exception(result)
            else:
                self.set_result(result)
        except concurrent.futures.InvalidStateError:
            pass  # it was cancelled


class Client(_Shared):
    """A client that stays logged in, for programs that block.

    It has a thread of its own, so that answers, acknowledgements and new connections do not depend on when the program
    calls next. All methods may be called from any thread, but only one thread at a time may iterate. The callbacks and
    those of futures run in the client's thread, and must not wait.

    :param id: the client-id
    :param servers: `tcp://HOST:PORT` or `tls://HOST:PORT`. Several are tried one after the other.
    :param secret: never sent without TLS to another machine
    :param ack: `taken`: an event is acknowledged when the program asks for the next one. `manual`: by ack() alone.
    :param presence: whether `on_presence` is to be called
    :param ca: a file of the authorities that sign certificates; default: those of the system
    :param ssl_context: replaces the whole configuration of TLS, for instance to show a certificate
    :param backoff: the first and the longest pause before another attempt, in seconds
    :param ping: after how many seconds of silence the server is asked, and how long it may take to answer

    >>> Client("ann", "http://127.0.0.1:5000")
    Traceback (most recent call last):
    ValueError: a server is tcp://HOST:PORT or tls://HOST:PORT, not http://127.0.0.1:5000
    >>> with Client("ann", "tcp://127.0.0.1:5000") as client:  # doctest: +SKIP
    ...     client.send("hello")
    Receipt(seq=1, id=1)
    """

    # A thread that queues so many messages writes them itself. Otherwise they would wait until the client's thread gets the
    # interpreter, up to 5 ms later. Each write gives the interpreter away. An SSLSocket must not be used by two threads.
    WRITE_AFTER = 500

    def __init__(
        self,
        id: str,
        servers: Union[str, Sequence[str]],
        secret: Union[str, bytes, None] = None,
        *,
        ack: str = "taken",
        presence: bool = False,
        ca: Optional[str] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
        backoff: Tuple[float, float] = (0.25, 10.0),
        ping: Tuple[float, float] = (30.0, 10.0),
        on_state: Optional[_OnState] = None,
        on_presence: Optional[_OnPresence] = None,
    ) -> None:
        setup = _Setup(id, servers, secret, ack, presence, ca, ssl_context)
        core = Conversation(setup.login, len(setup.servers), _Answer.claim, backoff, ping)
        self._lock = threading.Lock()  # guards the conversation, and what is written
        self._changed = threading.Condition(self._lock)
        self._link: Optional[socket.socket] = None
        self._rest = memoryview(b"")  # of the output, not written yet
        self._unwritten = 0  # how many messages were queued after the last output
        self._watched = 0  # the events of the link that the selector waits for
        self._selector = selectors.DefaultSelector()
        self._alarm, self._waker = socket.socketpair()
        self._alarm.setblocking(False)
        self._waker.setblocking(False)
        self._is_woken = False
        self._selector.register(self._alarm, selectors.EVENT_READ)
        super().__init__(setup, core, on_state, on_presence)
        self._thread = threading.Thread(target=self._run, name=f"belfry {id}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    # --- events ---

    def __iter__(self) -> Iterator[LogEvent]:
        """Returns each event of the log once, in order. Ends after close(), and raises the error that stopped the client."""
        return self

    def __next__(self) -> LogEvent:
        try:
            return self.receive()
        except BelfryError:
            if self._core.is_leaving and not self._is_forked:
                raise StopIteration from None
            raise

    def receive(self, timeout: Optional[float] = None) -> LogEvent:
        """Returns the next event of the log. Raises TimeoutError if none comes in time."""
        self._check()
        with self._lock:
            if self._setup.takes:
                self._take(None)
            event = self._core.give(0)
            if event is None:
                event = self._await_event(timeout)
            return event

    def _await_event(self, timeout: Optional[float]) -> LogEvent:
        self._wake()  # the client may have stopped reading
        due = None if timeout is None else time.monotonic() + timeout
        while True:
            event = self._core.give(0)
            if event is not None:
                return event
            self._check_running()
            self._await_change(due)

    def ack(self, id: int) -> None:
        """With `ack="manual"`: everything up to this id has been taken. Remembered over reconnections."""
        self._check()
        with self._lock:
            self._take(id)

    def _take(self, id: Optional[int]) -> None:
        if self._core.take(time.monotonic(), id):
            self._wake()

    # --- messages ---

    def send(self, payload: _Payload, timeout: Optional[float] = None, *, seq: Optional[int] = None) -> Receipt:
        """Sends a message, again after each loss, and waits until it is in the log.

        After a TimeoutError the message is still going to be sent: do not send it again. A program that wants to wait
        longer uses send_soon().

        :param seq: its number, above all earlier ones; for a message that an earlier run has sent without an answer
        """
        self._check_thread()
        due = None if timeout is None else time.monotonic() + timeout
        return cast(Receipt, self._result(self._send(payload, seq, due), due))

    def send_soon(self, payload: _Payload, *, seq: Optional[int] = None) -> concurrent.futures.Future[Receipt]:
        """Queues a message. It waits only while some MiB have no answer.

        The future can be cancelled until the message leaves for the first time.
        """
        return self._send(payload, seq, None)

    def _send(
        self, payload: _Payload, seq: Optional[int], due: Optional[float]
    ) -> concurrent.futures.Future[Receipt]:
        data, number = _bytes(payload), _checked_seq(seq)
        future = _Answer()
        self._check()
        with self._lock:
            if self._core.state == "stopped" or not self._core.unsent.has_room:
                self._await_room(due)
            self._core.unsent.add(data, number, future)
            self._unwritten += 1
            if self._unwritten >= self.WRITE_AFTER and not self._rest and not isinstance(self._link, ssl.SSLSocket):
                self._write()
        if not self._is_woken:
            self._wake()
        return future

    def _await_room(self, due: Optional[float]) -> None:
        self._check_running()
        while not self._core.unsent.has_room and threading.current_thread() is not self._thread:
            self._await_change(due)
            self._check_running()

    def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until every message has its answer."""
        self._check()
        self._check_thread()
        due = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            while len(self._core.unsent) > 0:
                self._await_change(due)
            self._check_running()

    def history(self, first: int, count: int, timeout: Optional[float] = None) -> History:
        """Reads messages again, own ones too. One answer has at most 100,000."""
        return cast(History, self._ask(lambda future: self._core.history(first, count, future), timeout))

    def who(self, timeout: Optional[float] = None) -> List[User]:
        """Lists the clients that the server knows."""
        return cast(List[User], self._ask(self._core.who, timeout))

    def _ask(self, ask: Callable[[_Future], None], timeout: Optional[float]) -> object:
        self._check()
        self._check_thread()
        future = _Answer()
        with self._lock:
            self._check_running()
            ask(future)
        self._wake()
        return self._result(future, None if timeout is None else time.monotonic() + timeout)

    def _result(self, future: concurrent.futures.Future[Any], due: Optional[float]) -> Any:
        try:
            return future.result(None if due is None else max(0.0, due - time.monotonic()))
        except concurrent.futures.TimeoutError:
            raise TimeoutError("no answer in time") from None

    def _check_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback must not wait for its own client")

    def _await_change(self, due: Optional[float]) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback must not wait for its own client")
        left = None if due is None else due - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("timed out")
        self._changed.wait(left)

    # --- the connection ---

    def connect(self) -> None:
        """Ends a pause and connects at once, also after the client has stopped."""
        self._check()
        with self._lock:
            self._core.connect(time.monotonic())
        self._wake()

    def close(self) -> None:
        """Acknowledges what was taken, and ends the connection. Messages without an answer are given up; see flush()."""
        if self._is_forked:
            return
        with self._lock:
            self._core.leave(time.monotonic())
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(Conversation.QUIT_TIMEOUT + 5)

    # --- the thread ---

    def _run(self) -> None:
        try:
            while not self._core.is_closed:
                if self._core.wants_connection:
                    self._dial()
                else:
                    self._turn()
        except BaseException as error:
            # A program must not wait for a thread that has ended.
            with self._lock:
                self._core.abort(BelfryError("closed", f"the client has failed: {error!r}"))
            raise
        finally:
            self._after()
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._selector.close()
            self._alarm.close()
            self._waker.close()

    def _wake(self) -> None:
        if self._is_woken:
            return
        self._is_woken = True
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # it is awake, or has ended

    def _dial(self) -> None:
        server = self._setup.servers[self._core.server]
        loss: Optional[BelfryError] = None
        refusal: Optional[BelfryError] = None
        try:
            self._link = self._connect_to(server)
        except _Closing:
            return
        except ssl.SSLCertVerificationError as error:
            refusal = _untrusted(server, error)
        except BelfryError as error:
            refusal = error
        except (OSError, ValueError) as error:
            loss = _loss(server, error)
        with self._lock:
            if self._core.is_closed:
                pass
            elif refusal:
                self._core.refuse(refusal)
            elif loss:
                self._core.lost(loss, time.monotonic())
            else:
                self._begin(time.monotonic())
        self._after()

    def _connect_to(self, server: _Server) -> socket.socket:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        failure: Optional[OSError] = None
        for address in self._setup.addresses(server, found):
            link = _open_socket(address.family)
            try:
                self._await_connection(link, address)
                if server.is_tls:
                    link = self._shake_hands(link, server)
                return link
            except BaseException as error:
                link.close()
                if not isinstance(error, OSError) or isinstance(error, ssl.SSLError):
                    raise
                failure = error
        raise failure or OSError("no address")

    def _await_connection(self, link: socket.socket, address: _Address) -> None:
        due = time.monotonic() + _CONNECT_TIMEOUT
        try:
            link.connect(address.address)
        except (BlockingIOError, InterruptedError):
            self._await_link(link, selectors.EVENT_WRITE, due)
        error = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def _shake_hands(self, plain: socket.socket, server: _Server) -> socket.socket:
        assert self._setup.context
        due = time.monotonic() + _HANDSHAKE_TIMEOUT
        link = self._setup.context.wrap_socket(plain, server_hostname=server.host, do_handshake_on_connect=False)
        try:
            while True:
                try:
                    link.do_handshake()
                    return link
                except ssl.SSLWantReadError:
                    self._await_link(link, selectors.EVENT_READ, due)
                except ssl.SSLWantWriteError:
                    self._await_link(link, selectors.EVENT_WRITE, due)
        except BaseException:
            link.close()
            raise

    def _await_link(self, link: socket.socket, events: int, due: float) -> None:
        self._selector.register(link, events)
        try:
            while not self._core.is_closed:
                if self._select(due):
                    return
                if time.monotonic() >= due:
                    raise TimeoutError("timed out")
            raise _Closing
        finally:
            self._selector.unregister(link)

    def _select(self, due: Optional[float]) -> int:
        """Waits until the link is ready, somebody wakes the thread, or the time has come. @return the link's events"""
        ready = 0
        for key, events in self._selector.select(None if due is None else max(0.0, due - time.monotonic())):
            if key.fileobj is self._alarm:
                # In this order: a byte that comes after the reset must stay, or the thread would miss it.
                try:
                    self._alarm.recv(64)
                except BlockingIOError:
                    pass
                self._is_woken = False
            else:
                ready = events
        return ready

    def _turn(self) -> None:
        """Writes, waits, reads."""
        with self._lock:
            self._write()
            due = self._core.deadline()
            reads = self._link is not None and self._core.wants_input()
            has_results = bool(self._core.settled or self._core.news)
        if has_results:
            return self._after()
        has_more = isinstance(self._link, ssl.SSLSocket) and self._link.pending() > 0
        self._watch((selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if self._rest else 0))
        ready = self._select(0.0 if has_more and reads else due)
        data: Optional[bytes] = None
        if reads and (has_more or ready & selectors.EVENT_READ):
            data = self._read()
        with self._lock:
            now = time.monotonic()
            if data and self._core.is_linked:
                self._take_in(data, now)
            self._core.tick(now)
        self._after()

    def _watch(self, events: int) -> None:
        if events == self._watched or self._link is None:
            return
        if not self._watched:
            self._selector.register(self._link, events)
        elif events:
            self._selector.modify(self._link, events)
        else:
            self._selector.unregister(self._link)
        self._watched = events

    def _write(self) -> None:
        """Writes what the connection takes at once. The caller holds the lock."""
        if self._link is None or not self._core.is_linked:
            return
        if not self._rest:
            self._rest = memoryview(self._core.output())
            self._unwritten = 0
        try:
            self._rest = self._rest[self._link.send(self._rest) :] if self._rest else self._rest
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            self._core.lost(_loss(self._setup.servers[self._core.server], error), time.monotonic())

    def _read(self) -> Optional[bytes]:
        assert self._link
        try:
            data = self._link.recv(_AT_ONCE)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError as error:
            self._lose(error)
            return None
        if not data:
            self._lose(OSError("the connection was closed"))
        return data

    def _lose(self, error: OSError) -> None:
        with self._lock:
            if self._core.is_linked:
                self._core.lost(_loss(self._setup.servers[self._core.server], error), time.monotonic())
        self._after()

    def _after(self) -> None:
        """Hands out what the conversation has brought."""
        with self._lock:
            settled = self._core.settled.copy()
            self._core.settled.clear()
            news, self._core.news = self._core.news, []
            is_linked = self._core.is_linked
            self._changed.notify_all()
        if not is_linked:
            self._hang_up()
        _Answer.settle(settled)
        self._tell(news)

    def _hang_up(self) -> None:
        if self._link is None:
            return
        self._watch(0)
        with self._lock:
            link, self._link = self._link, None
            self._rest = memoryview(b"")
        if isinstance(link, ssl.SSLSocket) and not self._resets:
            try:
                link.unwrap()
            except (OSError, ValueError):
                pass  # the other end has not said close_notify, or is gone
        link.close()

    def _abandon(self) -> None:
        super()._abandon()
        # The parent's epoll must not be changed, so nothing is unregistered.
        self._selector.close()
        self._alarm.close()
        self._waker.close()
        if self._link is not None:
            self._link.close()


# --- the client of asyncio ---


class _Protocol(asyncio.Protocol):
    """Passes what happens to one connection on to its client."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._client._connected(self, cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._client._received(self, data)

    def connection_lost(self, error: Optional[Exception]) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
        self._client._lost(self, error or OSError("the connection was closed"))

    def pause_writing(self) -> None:
        self._client._is_congested = True

    def resume_writing(self) -> None:
        self._client._is_congested = False
        self._client._after()


class AsyncClient(_Shared):
    """A client that stays logged in, for asyncio. It must be made in a running event loop, and has the arguments of Client.

    The callbacks run in the event loop.

    >>> async def main():
    ...     async with AsyncClient("ann", "tcp://127.0.0.1:5000") as client:
    ...         await client.send("hello")
    ...         async for event in client:
    ...             print(event)
    >>> asyncio.run(main())  # doctest: +SKIP
    """

    def __init__(
        self,
        id: str,
        servers: Union[str, Sequence[str]],
        secret: Union[str, bytes, None] = None,
        *,
        ack: str = "taken",
        presence: bool = False,
        ca: Optional[str] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
        backoff: Tuple[float, float] = (0.25, 10.0),
        ping: Tuple[float, float] = (30.0, 10.0),
        on_state: Optional[_OnState] = None,
        on_presence: Optional[_OnPresence] = None,
    ) -> None:
        setup = _Setup(id, servers, secret, ack, presence, ca, ssl_context)
        self._loop = asyncio.get_running_loop()
        claim: Callable[[_Future], bool] = lambda future: not future.done()
        core = Conversation(setup.login, len(setup.servers), claim, backoff, ping)
        self._link: Optional[socket.socket] = None
        self._transport: Optional[asyncio.Transport] = None
        self._protocol: Optional[_Protocol] = None
        self._dialing: Optional[asyncio.Task[None]] = None
        self._is_congested = False
        self._is_reading = True
        self._is_scheduled = False
        self._timer: Optional[asyncio.TimerHandle] = None
        self._waiters: Set[asyncio.Future[None]] = set()
        super().__init__(setup, core, on_state, on_presence)
        self._schedule()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()

    # --- events ---

    def __aiter__(self) -> AsyncIterator[LogEvent]:
        """Returns each event of the log once, in order. Ends after close(), and raises the error that stopped the client."""
        return self

    async def __anext__(self) -> LogEvent:
        try:
            return await self.receive()
        except BelfryError:
            if self._core.is_leaving and not self._is_forked:
                raise StopAsyncIteration from None
            raise

    async def receive(self, timeout: Optional[float] = None) -> LogEvent:
        """Returns the next event of the log. Raises TimeoutError if none comes in time.

        Use `timeout` rather than asyncio.wait_for(): before Python 3.12 that may lose an event which comes at the last moment.
        """
        self._check()
        if self._setup.takes and self._core.take(self._loop.time()):
            self._schedule()
        event = self._core.give(0)
        if event is None:
            event = await self._await_event(timeout)
        return event

    async def _await_event(self, timeout: Optional[float]) -> LogEvent:
        self._schedule()  # the client may have stopped reading
        due = None if timeout is None else self._loop.time() + timeout
        while True:
            self._check_running()
            await self._await_change(due)
            event = self._core.give(0)
            if event is not None:
                return event

    def ack(self, id: int) -> None:
        """With `ack="manual"`: everything up to this id has been taken. Remembered over reconnections."""
        self._check()
        if self._core.take(self._loop.time(), id):
            self._schedule()

    # --- messages ---

    async def send(self, payload: _Payload, timeout: Optional[float] = None, *, seq: Optional[int] = None) -> Receipt:
        """Sends a message, again after each loss, and waits until it is in the log.

        If it is cancelled before the message has left for the first time, the message is not sent. Otherwise, and after
        a TimeoutError, the message is still going to be sent: do not send it again.

        :param seq: its number, above all earlier ones; for a message that an earlier run has sent without an answer
        """
        due = None if timeout is None else self._loop.time() + timeout
        future = await self._send(payload, seq, due)
        return cast(Receipt, await self._result(future, due))

    async def send_soon(self, payload: _Payload, *, seq: Optional[int] = None) -> asyncio.Future[Receipt]:
        """Queues a message, and returns the future of its Receipt. It waits only while some MiB have no answer."""
        return await self._send(payload, seq, None)

    async def _send(self, payload: _Payload, seq: Optional[int], due: Optional[float]) -> asyncio.Future[Receipt]:
        data, number = _bytes(payload), _checked_seq(seq)
        self._check_running()
        while not self._core.unsent.has_room:
            await self._await_change(due)
            self._check_running()
        future: asyncio.Future[Receipt] = self._loop.create_future()
        self._core.unsent.add(data, number, future)
        self._schedule()
        return future

    async def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until every message has its answer."""
        self._check()
        due = None if timeout is None else self._loop.time() + timeout
        while len(self._core.unsent) > 0:
            await self._await_change(due)
        self._check_running()

    async def history(self, first: int, count: int, timeout: Optional[float] = None) -> History:
        """Reads messages again, own ones too. One answer has at most 100,000."""
        return cast(History, await self._ask(lambda future: self._core.history(first, count, future), timeout))

    async def who(self, timeout: Optional[float] = None) -> List[User]:
        """Lists the clients that the server knows."""
        return cast(List[User], await self._ask(self._core.who, timeout))

    async def _ask(self, ask: Callable[[_Future], None], timeout: Optional[float]) -> object:
        self._check_running()
        future: asyncio.Future[object] = self._loop.create_future()
        ask(future)
        self._schedule()
        try:
            return await self._result(future, None if timeout is None else self._loop.time() + timeout)
        except TimeoutError:
            future.cancel()
            raise

    async def _result(self, future: asyncio.Future[Any], due: Optional[float]) -> Any:
        if due is not None:
            try:
                await asyncio.wait([future], timeout=due - self._loop.time())
            except asyncio.CancelledError:
                future.cancel()
                raise
            if not future.done():
                raise TimeoutError("no answer in time")
        return await future

    def _expire(self, future: asyncio.Future[Any], due: Optional[float]) -> Optional[asyncio.TimerHandle]:
        def expire() -> None:
            if not future.done():
                future.set_exception(TimeoutError("timed out"))

        return None if due is None else self._loop.call_at(due, expire)

    async def _await_change(self, due: Optional[float]) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        timer = self._expire(waiter, due)
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            if timer:
                timer.cancel()

    # --- the connection ---

    def connect(self) -> None:
        """Ends a pause and connects at once, also after the client has stopped."""
        self._check()
        self._core.connect(self._loop.time())
        self._schedule()

    async def close(self) -> None:
        """Acknowledges what was taken, and ends the connection. Messages without an answer are given up; see flush()."""
        if self._is_forked:
            return
        protocol = self._protocol
        self._core.leave(self._loop.time())
        try:
            self._after()
            while not self._core.is_closed:
                await self._await_change(None)
            if self._dialing:
                self._dialing.cancel()
                await asyncio.wait([self._dialing])
            if protocol:
                await asyncio.wait([protocol._ended], timeout=1)
        finally:
            if not self._core.is_closed:
                self._core.abort(BelfryError("closed", "the client was closed"))
                self._after()
            if self._dialing:
                self._dialing.cancel()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._after)

    async def _dial(self) -> None:
        server = self._setup.servers[self._core.server]
        try:
            await self._connect_to(server)
        except ssl.SSLCertVerificationError as error:
            self._core.refuse(_untrusted(server, error))
        except BelfryError as error:
            self._core.refuse(error)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            self._core.lost(_loss(server, error), self._loop.time())
        finally:
            self._dialing = None
            self._schedule()

    async def _connect_to(self, server: _Server) -> None:
        found = await self._loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        failure: Optional[Exception] = None
        for address in self._setup.addresses(server, found):
            link = _open_socket(address.family)
            try:
                await asyncio.wait_for(self._loop.sock_connect(link, address.address), _CONNECT_TIMEOUT)
                return await self._adopt(link, server)
            except BaseException as error:
                link.close()
                if not isinstance(error, (OSError, asyncio.TimeoutError)) or isinstance(error, ssl.SSLError):
                    raise
                failure = error
        raise failure or OSError("no address")

    async def _adopt(self, link: socket.socket, server: _Server) -> None:
        tls: Dict[str, Any] = {}
        if server.is_tls:
            tls = {
                "ssl": self._setup.context,
                "server_hostname": server.host,
                "ssl_handshake_timeout": _HANDSHAKE_TIMEOUT,
            }
        self._link = link
        await self._loop.create_connection(lambda: _Protocol(self), sock=link, **tls)

    def _connected(self, protocol: _Protocol, transport: asyncio.Transport) -> None:
        if not self._core.wants_connection:
            return transport.abort()  # closed meanwhile
        self._transport, self._protocol = transport, protocol
        self._is_congested = False
        self._is_reading = True
        self._begin(self._loop.time())
        self._schedule()

    def _received(self, protocol: _Protocol, data: bytes) -> None:
        if protocol is self._protocol and self._core.is_linked:
            self._take_in(data, self._loop.time())
            self._after()

    def _lost(self, protocol: _Protocol, error: Exception) -> None:
        if protocol is self._protocol and self._core.is_linked:
            self._core.lost(_loss(self._setup.servers[self._core.server], error), self._loop.time())
            self._after()

    def _after(self) -> None:
        """Writes what is due, and hands out what the conversation has brought."""
        self._is_scheduled = False
        if self._is_forked:
            return
        core = self._core
        if core.is_linked:
            self._write()
            self._balance()
        else:
            self._hang_up()
        settled = core.settled.copy()
        core.settled.clear()
        for future, result in settled:
            self._set(future, result)
        news, core.news = core.news, []
        self._tell(news)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if core.wants_connection and self._dialing is None:
            self._dialing = self._loop.create_task(self._dial())
        self._arm()

    def _write(self) -> None:
        while self._transport and not self._is_congested:
            out = self._core.output()
            if not out:
                return
            self._transport.write(out)

    def _balance(self) -> None:
        wants_input = self._core.wants_input()
        if self._transport is None or wants_input == self._is_reading:
            return
        self._is_reading = wants_input
        if wants_input:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _hang_up(self) -> None:
        transport, self._transport, self._protocol, self._link = self._transport, None, None, None
        if transport is None:
            return
        if self._core.is_closed and not self._resets:
            transport.close()
        else:
            transport.abort()

    @staticmethod
    def _set(future: _Future, result: object) -> None:
        if future.done():
            return
        if isinstance(result, BelfryError):
            future.set_exception(result)
        else:
            future.set_result(result)

    def _arm(self) -> None:
        due = self._core.deadline()
        if self._timer and (due is None or due != self._timer.when()):
            self._timer.cancel()
            self._timer = None
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        # The clock of the loop is coarse, and may call a moment too early.
        due = self._core.deadline()
        self._core.tick(max(self._loop.time(), due or 0.0))
        self._after()

    def _abandon(self) -> None:
        super()._abandon()
        if self._link is not None:
            self._link.close()
