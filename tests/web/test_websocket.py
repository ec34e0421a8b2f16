"""WebSocket with clients that are not ours: python3-websockets, and one that sends wrong frames."""
import asyncio
import os
import pathlib
import re
import resource
import select
import signal
import socket
import struct
import unittest

import websockets

from support.person import Message, Person
from support.server import Server
from support.waiting import DEADLINE_S, wait_for
from support.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Refused, WebSocket, encoded

MAX_MESSAGE = 16 * 1024 * 1024 + 1024


def memory_of(pid):
    """Returns the bytes that a process has for itself."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * sum(int(number) for number in re.findall(r"^Private_\w+: +(\d+) kB", text, re.M))


class WebSocketTest(unittest.TestCase):
    """A test with one server. What it starts ends with it."""

    options = ()

    def setUp(self):
        self.server = self.enterContext(Server(*self.options))

    def connect(self, name=None, **how):
        client = self.enterContext(WebSocket(self.server.web_port, **how))
        if name:
            client.log_in(name)
        return client

    def person(self, name):
        return self.enterContext(Person(self.server, name))

    def expect_message(self, person, text):
        while not isinstance(frame := person.frame(), Message):
            pass
        self.assertEqual(frame.payload, text)


class Handshake(WebSocketTest):
    def test_the_subprotocol_is_chosen_if_it_is_offered(self):
        self.assertEqual(self.connect().fields["sec-websocket-protocol"], "belfry.v1")
        self.assertEqual(self.connect(subprotocol="mqtt, belfry.v1").fields["sec-websocket-protocol"], "belfry.v1")

    def test_a_client_that_offers_no_or_another_subprotocol_is_accepted_without_one(self):
        for offered in (None, "mqtt"):
            client = self.connect(subprotocol=offered)
            self.assertNotIn("sec-websocket-protocol", client.fields)
            self.assertIn(b"WELCOME ann ", client.log_in("ann"))

    def test_no_extension_is_negotiated(self):
        client = self.connect(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
        self.assertNotIn("sec-websocket-extensions", client.fields)

    def test_a_foreign_origin_is_refused_before_the_upgrade(self):
        for origin in ("http://evil.example", "null", f"https://127.0.0.1:{self.server.web_port}"):
            with self.assertRaises(Refused) as refused:
                self.connect(origin=origin)
            self.assertEqual(refused.exception.status, 403)
        self.connect("ann", origin=f"http://127.0.0.1:{self.server.web_port}")

    def test_bytes_that_follow_the_request_at_once_are_not_lost(self):
        client = self.connect(behind=encoded(BINARY, b"LOGIN ann\r\n") + encoded(BINARY, b"PING early\r\n"))
        self.assertIn(b"WELCOME ann ", client.read_until(b"PONG early\r\n"))


class Messages(WebSocketTest):
    def test_a_message_may_be_cut_into_fragments_anywhere(self):
        client, bob = self.connect(), self.person("bob")
        stream = b"LOGIN ann\r\nSEND 1 5\r\nhello\r\n"
        client.send(BINARY, stream[:1], last=False)
        for byte in stream[1:-1]:
            client.send(CONTINUATION, bytes([byte]), last=False)
        client.send(CONTINUATION, stream[-1:])
        self.expect_message(bob, b"hello")

    def test_messages_may_cut_the_stream_anywhere(self):
        client, bob = self.connect(), self.person("bob")
        for byte in b"LOGIN ann\r\nSEND 1 5\r\nhello\r\n":
            client.send(BINARY, bytes([byte]))
        self.expect_message(bob, b"hello")

    def test_frames_may_arrive_in_any_pieces(self):
        client, bob = self.connect("ann"), self.person("bob")
        for byte in encoded(BINARY, b"SEND 1 200\r\n" + b"x" * 200 + b"\r\n"):
            client.socket.sendall(bytes([byte]))
        self.expect_message(bob, b"x" * 200)

    def test_empty_messages_and_fragments_mean_nothing(self):
        client = self.connect("ann")
        client.send(BINARY)
        client.send(TEXT)
        client.send(BINARY, last=False)
        client.send(CONTINUATION, last=False)
        client.send(CONTINUATION, b"PING a\r\n")
        self.assertEqual(client.read_until(b"\r\n"), b"PONG a\r\n")

    def test_text_is_the_same_bytes(self):
        client, bob = self.connect(), self.person("bob")
        client.send(TEXT, "LOGIN ann\r\nSAY gr\u00fc\u00df dich \U0001f514\r\n".encode())
        self.expect_message(bob, "gr\u00fc\u00df dich \U0001f514".encode())

    def test_text_may_be_cut_within_a_character(self):
        client, bob = self.connect("ann"), self.person("bob")
        text = "SAY \U0001f514\r\n".encode()
        client.send(TEXT, text[:6], last=False)
        client.send(CONTINUATION, text[6:])
        self.expect_message(bob, "\U0001f514".encode())

    def test_a_control_frame_may_stand_between_fragments(self):
        client, bob = self.connect("ann"), self.person("bob")
        client.send(BINARY, b"SAY he", last=False)
        client.send(PING, b"between")
        self.assertEqual(client.frame(), (PONG, b"between", True))
        client.send(CONTINUATION, b"llo\r\n")
        self.expect_message(bob, b"hello")

    def test_the_largest_message_passes_and_a_larger_one_is_too_big(self):
        # A program that reads while it sends, because otherwise both ends would hold each other back.
        asyncio.run(self._send_the_largest())
        self.expect_message(self.person("bob"), b"hello")

    async def _send_the_largest(self):
        async with websockets.connect(f"ws://127.0.0.1:{self.server.web_port}/ws", max_size=None) as client:
            head, tail = b"LOGIN ann\r\nSEND 1 5\r\nhello\r\n", b"\r\n" + b"PING a\r\n" * 200
            # A payload that is too large for this server, which throws it away.
            size = MAX_MESSAGE - len(head) - len(b"SEND 2 12345678\r\n") - len(tail)
            await client.send(head + b"SEND 2 %d\r\n" % size + b"x" * size + tail)
            await self._read_until(client, b"ERR too-large 2 ")
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await client.send(b"x" * (MAX_MESSAGE + 1))
                await self._read_until(client, b"nothing")
            self.assertEqual(closed.exception.rcvd.code, 1009)

    async def _read_until(self, client, text):
        while text not in await asyncio.wait_for(client.recv(), DEADLINE_S):
            pass


class WrongFrames(WebSocketTest):
    def expect_close(self, code, *frames):
        client = self.connect("ann")
        for frame in frames:
            client.socket.sendall(frame)
        self.assertEqual(client.close_code()[0], code)
        client.send(CLOSE, struct.pack("!H", code))
        self.assertTrue(client.has_ended())
        wait_for("the session has ended", lambda: not self.server.sessions("ann"))

    def test_that_are_not_masked_are_refused(self):
        self.expect_close(1002, encoded(BINARY, b"PING\r\n", masked=False))

    def test_that_use_reserved_bits_or_opcodes_are_refused(self):
        for reserved in (1, 2, 4):
            self.expect_close(1002, encoded(BINARY, b"PING\r\n", reserved=reserved))
        for opcode in (3, 7, 11, 15):
            self.expect_close(1002, encoded(opcode))

    def test_that_control_wrongly_are_refused(self):
        self.expect_close(1002, encoded(PING, b"x" * 126))
        self.expect_close(1002, encoded(PING, b"x", last=False))
        self.expect_close(1002, encoded(CLOSE, b"x"))
        self.expect_close(1002, encoded(CLOSE, struct.pack("!H", 1005)))
        self.expect_close(1002, encoded(CLOSE, struct.pack("!H", 999)))

    def test_that_continue_wrongly_are_refused(self):
        self.expect_close(1002, encoded(CONTINUATION, b"PING\r\n"))
        self.expect_close(1002, encoded(BINARY, b"PI", last=False), encoded(BINARY, b"NG\r\n"))

    def test_that_announce_too_much_are_refused_before_it_has_come(self):
        self.expect_close(1009, encoded(BINARY, b"SAY ", last=False),
                          bytes([0x80, 0xff]) + struct.pack("!Q", MAX_MESSAGE - 3) + b"mask")
        self.expect_close(1009, bytes([0x82, 0xff]) + struct.pack("!Q", 2**62) + b"mask")

    def test_with_text_that_is_no_utf_8_are_refused(self):
        self.expect_close(1007, encoded(TEXT, b"SAY \xff\r\n"))
        self.expect_close(1007, encoded(TEXT, b"SAY \xed\xa0\x80\r\n"))
        self.expect_close(1007, encoded(TEXT, b"SAY \xf0\x9f", last=False), encoded(CONTINUATION, b"\r\n"))
        self.expect_close(1007, encoded(TEXT, b"PING\r\n\xc3"))


class ControlFrames(WebSocketTest):
    def test_a_ping_is_answered_with_its_payload(self):
        client = self.connect()
        for payload in (b"", b"before the login", bytes(range(125))):
            client.send(PING, payload)
            self.assertEqual(client.frame(), (PONG, payload, True))

    def test_a_pong_that_nobody_has_asked_for_means_nothing(self):
        client = self.connect("ann")
        client.send(PONG, b"heartbeat")
        client.say("PING a\r\n")
        self.assertEqual(client.read_until(b"\r\n"), b"PONG a\r\n")

    def test_a_close_is_answered_with_its_code(self):
        for code in (1000, 1001, 3000, 4999):
            client = self.connect("ann")
            client.send(CLOSE, struct.pack("!H", code) + b"enough")
            self.assertEqual(client.close_code()[0], code)
            self.assertTrue(client.has_ended())

    def test_a_close_without_a_code_is_answered(self):
        client = self.connect("ann")
        client.send(CLOSE)
        self.assertEqual(client.frame().opcode, CLOSE)
        self.assertTrue(client.has_ended())

    def test_what_was_sent_before_a_close_is_accepted(self):
        client, bob = self.connect("ann"), self.person("bob")
        for number in range(1, 101):
            client.say(f"SEND {number} 1\r\nx\r\n")
        client.send(CLOSE, struct.pack("!H", 1000))
        for _ in range(100):
            self.expect_message(bob, b"x")


class EndsOfASession(WebSocketTest):
    def test_after_quit_and_being_taken_over_are_normal(self):
        client = self.connect("ann")
        client.say("QUIT\r\n")
        self.assertEqual(client.read_until(b"\r\n"), b"BYE quit\r\n")
        self.assertEqual(client.close_code(), (1000, "quit"))
        earlier = self.connect("ann")
        self.connect("ann")
        self.assertEqual(earlier.read_until(b"\r\n"), b"BYE taken-over\r\n")
        self.assertEqual(earlier.close_code(), (1000, "taken-over"))
        earlier.send(CLOSE, struct.pack("!H", 1000))
        self.assertTrue(earlier.has_ended())

    def test_after_an_error_give_its_word(self):
        client = self.connect()
        client.say("LOGIN nobody\r\n")
        self.assertTrue(client.read_until(b"\r\n").startswith(b"ERR unknown-client "))
        self.assertEqual(client.close_code(), (1000, "unknown-client"))

    def test_at_a_stop_say_that_the_server_goes_away(self):
        clients = [self.connect(name) for name in ("ann", "bob")]
        self.assertEqual(self.server.stop(), 0)
        for client in clients:
            self.assertEqual(client.read_until(b"\r\n"), b"BYE shutting-down\r\n")
            self.assertEqual(client.close_code(), (1001, "shutting-down"))

    def test_by_a_kill_are_an_error_of_the_server(self):
        client = self.connect("ann")
        self.server.kill_each(self.server.sessions("ann"))
        self.assertEqual(client.close_code()[0], 1011)
        self.assertIn(b"WELCOME ann ", self.connect().log_in("ann"))

    def test_a_client_that_does_not_answer_the_close_is_let_go(self):
        client = self.connect("ann")
        client.say("QUIT\r\n")
        self.assertEqual(client.close_code(), (1000, "quit"))
        wait_for("the relay has ended", lambda: not self.server.relays())


class EndsOfAConnection(WebSocketTest):
    def test_a_half_closed_connection_is_over(self):
        client = self.connect("ann")
        client.say("SAY last\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        wait_for("the session has ended", lambda: not self.server.sessions("ann"))
        wait_for("the relay has ended", lambda: not self.server.relays())
        self.expect_message(self.person("bob"), b"last")

    def test_a_connection_that_is_reset_is_over(self):
        client = self.connect("ann")
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
        wait_for("the session has ended", lambda: not self.server.sessions("ann"))

    def test_a_relay_that_is_killed_costs_its_own_client_alone(self):
        ann = self.connect("ann")
        relay, = self.server.relays()
        bob = self.connect("bob")
        os.kill(relay, signal.SIGKILL)
        with self.assertRaises(ConnectionError):
            ann.frame()
        wait_for("the session has ended", lambda: not self.server.sessions("ann"))
        bob.say("PING a\r\n")
        self.assertEqual(bob.read_until(b"\r\n"), b"PONG a\r\n")
        self.connect("ann")


class Backpressure(WebSocketTest):
    def test_a_client_that_does_not_read_delays_nobody_and_loses_nothing(self):
        ann, bob = self.connect("ann", reads=False), self.connect("bob")
        relay = self.server.relays()[0]
        idle = memory_of(relay)
        count = 400
        for number in range(1, count + 1):
            bob.send(BINARY, b"SEND %d 50000\r\n%d %s\r\n" % (number, number, b"x" * (50000 - len(str(number)) - 1)))
            self.assertEqual(bob.read_until(b"\r\n"), b"SENT %d %d\r\n" % (number, number))
        self.assertLess(memory_of(relay), idle + 256 * 1024)
        data = b""
        while len(data) < count * 50000:
            data += ann.frame().payload
        self.assertEqual([int(number) for number in re.findall(rb"\r\n(\d+) x", b"\r\n" + data)], list(range(1, count + 1)))

    def test_a_session_that_does_not_read_holds_its_client_back(self):
        ann, bob = self.connect("ann"), self.person("bob")
        relay, = self.server.relays()
        session, = self.server.sessions("ann")
        idle = memory_of(relay)
        os.kill(session, signal.SIGSTOP)
        frame = encoded(BINARY, b"SAY " + b"x" * 1000 + b"\r\n")
        count = 30_000
        sent = self._send_until_held_back(ann.socket, frame * count)
        self.assertLess(sent, count * len(frame))
        self.assertLess(memory_of(relay), idle + 256 * 1024)
        os.kill(session, signal.SIGCONT)
        ann.socket.sendall(frame[sent % len(frame):])
        for _ in range(sent // len(frame) + 1):
            self.expect_message(bob, b"x" * 1000)

    def _send_until_held_back(self, connection, data):
        sent = 0
        while select.select([], [connection], [], 0.5)[1]:
            sent += connection.send(data[sent:sent + 65536], socket.MSG_DONTWAIT)
        return sent


class ManyClients(unittest.TestCase):
    def test_a_thousand_log_in_and_receive(self):
        names = [f"c{number}" for number in range(1000)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 20_000)), hard))
        server = self.enterContext(Server(clients=",".join(names)))
        asyncio.run(self.use(server, names))
        wait_for("all relays have ended", lambda: not server.relays())

    async def use(self, server, names):
        clients = await asyncio.gather(*(self.log_in(server, name) for name in names))
        await clients[0].send(b"SAY hello\r\n")
        received = await asyncio.gather(*(self.receive(client) for client in clients[1:]))
        self.assertTrue(all(data.endswith(b"\r\nhello\r\n") for data in received))
        await asyncio.gather(*(client.close() for client in clients))

    async def log_in(self, server, name):
        client = await websockets.connect(f"ws://127.0.0.1:{server.web_port}/ws", subprotocols=["belfry.v1"],
                                          ping_interval=None, open_timeout=DEADLINE_S)
        await client.send(f"LOGIN {name}\r\n")
        data = b""
        while b"\r\nLIVE 0\r\n" not in data:
            data += await asyncio.wait_for(client.recv(), DEADLINE_S)
        return client

    async def receive(self, client):
        data = b""
        while not data.endswith(b"hello\r\n"):
            data += await asyncio.wait_for(client.recv(), DEADLINE_S)
        return data


class BehindAProxy(unittest.TestCase):
    def test_the_last_forwarded_address_is_the_peer(self):
        server = self.enterContext(Server("--web-proxy", "127.0.0.1"))
        for forwarded, peer in (("198.51.100.1, 192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::7"),
                                ("unknown", "127.0.0.1")):
            client = self.enterContext(WebSocket(server.web_port, X_Forwarded_For=forwarded))
            client.log_in("ann")
            wait_for(f"a relay for {peer}", lambda: server.titled(f"belfry-gate: web for {peer}"))

    def test_other_peers_cannot_name_another_address(self):
        server = self.enterContext(Server("--web-proxy", "127.0.0.2"))
        client = self.enterContext(WebSocket(server.web_port, X_Forwarded_For="192.0.2.7"))
        client.log_in("ann")
        self.assertEqual(server.titled("belfry-gate: web for 192.0.2.7"), [])


if __name__ == "__main__":
    unittest.main()
