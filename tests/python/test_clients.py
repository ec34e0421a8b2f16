"""Both clients against servers that a test plays: losses, lies, silence, and the end."""

import contextlib
import errno
import json
import os
import pathlib
import socket
import ssl
import tempfile
import threading
import time
import traceback
import unittest
from unittest import mock

import belfry
from adapters import OnLoop, Threaded
from support import DEADLINE, QUICK, WELCOME, PlayedServer, descriptors, make_certificate, until
from test_vectors import VECTORS, bytes_of


def message(id, payload=b"x"):
    return b"MSG %d bob 5 %d\r\n%b\r\n" % (id, len(payload), payload)


class Played:
    """The tests. Two classes below run them."""

    make = None

    def setUp(self):
        self.descriptors = descriptors()
        self.stack = contextlib.ExitStack()
        self.server = self.stack.enter_context(PlayedServer())

    def tearDown(self):
        self.stack.close()
        until(lambda: descriptors() == self.descriptors, "the end of all descriptors")
        self.assertEqual(threading.active_count(), 1)

    def client(self, **options):
        client = self.make("ann", options.pop("servers", self.server.url), **{**QUICK, **options})
        self.stack.callback(client.close)
        return client

    def accept(self, answer=WELCOME):
        link = self.server.accept(answer)
        self.stack.callback(link.close)
        return link

    def assertRaisesCode(self, code):
        return self.assertRaisesRegex(belfry.BelfryError, f"^{code}")

    def test_messages_without_an_answer_are_sent_again_with_their_seqs(self):
        client = self.client()
        answers = [client.settled(text) for text in ("a", "b")]
        first = self.accept()
        self.assertEqual([first.command(), first.command()], [b"SEND 1 1 a", b"SEND 2 1 b"])
        first.write(b"SENT 1 1\r\n")
        self.assertEqual(answers[0].result(DEADLINE), (1, 1))
        first.close()
        second = self.accept(WELCOME.replace(b"seq=0", b"seq=1"))
        self.assertEqual(second.command(), b"SEND 2 1 b")
        second.write(b"DUP 2\r\n")
        self.assertEqual(answers[1].result(DEADLINE), (2, None))

    def test_events_are_given_once_over_a_loss(self):
        client = self.client()
        self.accept(WELCOME + message(1) + message(2) + b"MSG 3 bob 5 9\r\nxx").close()
        self.assertEqual([client.receive(DEADLINE).id for _ in range(2)], [1, 2])
        self.accept(WELCOME + message(1) + message(2) + message(3) + b"LIVE 3\r\n")
        self.assertEqual([client.receive(DEADLINE).id for _ in range(2)], [3, 3])

    def test_an_event_is_acknowledged_when_the_next_one_is_asked_for(self):
        client = self.client()
        link = self.accept(WELCOME + message(1) + message(2))
        client.receive(DEADLINE)
        client.receive(DEADLINE)
        self.assertEqual(link.line(), b"ACK 1\r\n")
        with self.assertRaises(TimeoutError):
            client.receive(0.01)
        self.assertEqual(link.line(), b"ACK 2\r\n")

    def test_with_manual_only_ack_acknowledges(self):
        client = self.client(ack="manual")
        link = self.accept(WELCOME + message(1) + message(2) + message(3))
        for _ in range(3):
            client.receive(DEADLINE)
        client.ack(2)
        self.assertEqual(link.line(), b"ACK 2\r\n")
        client.ack(99)
        self.assertEqual(link.line(), b"ACK 3\r\n")

    def test_close_acknowledges_and_says_quit(self):
        client = self.client()
        link = self.accept(WELCOME + message(1))
        client.receive(DEADLINE)
        with self.assertRaises(TimeoutError):
            client.receive(0)
        closing = threading.Thread(target=client.close)
        closing.start()
        self.assertEqual([link.line(), link.line()], [b"ACK 1\r\n", b"QUIT\r\n"])
        link.write(b"BYE quit\r\n")
        closing.join()
        self.assertEqual(client.state, "stopped")
        self.assertEqual(list(client), [])
        with self.assertRaisesCode("closed"):
            client.send("x")

    def test_close_names_the_seqs_of_messages_that_may_have_been_accepted(self):
        with mock.patch.object(belfry.Conversation, "QUIT_TIMEOUT", 0.1):
            client = self.client()
            link = self.accept()
            answer = client.settled("a")
            self.assertEqual(link.command(), b"SEND 1 1 a")
            client.close()
        self.assertEqual(answer.exception(DEADLINE).code, "closed")
        self.assertEqual(answer.exception().seq, 1)

    def test_close_ends_an_iteration_that_waits(self):
        with mock.patch.object(belfry.Conversation, "QUIT_TIMEOUT", 0.1):
            client = self.client()
            self.accept(WELCOME + message(1))
            found = []
            iterating = threading.Thread(target=lambda: found.extend(client))
            iterating.start()
            until(lambda: found)
            client.close()
            iterating.join(DEADLINE)
            self.assertFalse(iterating.is_alive())

    def test_a_client_can_be_closed_in_every_state(self):
        with mock.patch.object(belfry.Conversation, "QUIT_TIMEOUT", 0.1):
            with PlayedServer() as silent:
                self.client(servers=silent.url).close()
            waiting = self.client(servers="tcp://127.0.0.1:1", backoff=(30, 30))
            until(lambda: waiting.state == "waiting")
            waiting.close()
            logging_in = self.client()
            self.accept(b"")
            logging_in.close()
            shaking_hands = self.client(servers=self.server.url.replace("tcp", "tls"))
            link, _ = self.server.socket.accept()
            self.stack.callback(link.close)
            link.recv(1)
            shaking_hands.close()

    def test_garbage_is_an_error_and_never_a_hang(self):
        vectors = [vector for vector in json.loads((VECTORS / "frames.json").read_text()) if vector.get("garbled")]
        self.assertGreater(len(vectors), 20)
        for vector in vectors:
            client = self.client()
            link = self.accept(WELCOME)
            with contextlib.suppress(OSError):  # the client may be gone before it has read everything
                link.write(bytes_of(vector["bytes"]))
            with self.subTest(vector["name"]), self.assertRaisesCode("broken-server"):
                while True:
                    client.receive(DEADLINE)
            with self.assertRaisesCode("broken-server"):
                client.send("x", DEADLINE)
            client.close()
            link.close()

    def test_a_refused_login_is_an_error_for_everybody_who_waits(self):
        client = self.client()
        answer = client.settled("x")
        self.accept(b"ERR login-refused - no\r\n")
        with self.assertRaisesCode("login-refused"):
            client.receive(DEADLINE)
        with self.assertRaisesCode("login-refused"):
            answer.result(DEADLINE)
        for work in (client.who, lambda: client.history(1, 1), lambda: client.send("x"), client.flush):
            with self.assertRaisesCode("login-refused"):
                work()

    def test_a_silent_server_is_a_timeout(self):
        client = self.client()
        self.accept(b"")
        for work in (client.receive, client.who, lambda t: client.send("x", t), client.flush):
            with self.assertRaises(TimeoutError):
                work(0.02)
        with self.assertRaises(TimeoutError):
            client.history(1, 1, 0.02)

    def test_a_login_without_an_answer_is_tried_again(self):
        with mock.patch.object(belfry.Conversation, "LOGIN_TIMEOUT", 0.05):
            client = self.client()
            self.accept(b"")
            self.accept(WELCOME + b"LIVE 0\r\n")
            self.assertEqual(client.receive(DEADLINE), belfry.Live(0))

    def test_a_login_that_is_given_up_is_reset(self):
        with mock.patch.object(belfry.Conversation, "LOGIN_TIMEOUT", 0.05):
            client = self.client()
            with self.assertRaises(ConnectionResetError):
                self.accept(b"").line()
        with mock.patch.object(belfry.Conversation, "LOGIN_TIMEOUT", 3600):
            link = self.accept(b"")
            client.close()
            with self.assertRaises(ConnectionResetError):
                link.line()

    def test_after_welcome_a_connection_is_closed_in_order(self):
        client = self.client()
        link = self.accept(WELCOME)
        until(lambda: client.state == "online")
        with mock.patch.object(belfry.Conversation, "QUIT_TIMEOUT", 0.05):
            client.close()
        self.assertEqual((link.line(), link.line()), (b"QUIT\r\n", b""))

    def test_a_login_by_tls_that_is_given_up_is_reset(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            make_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            url = self.server.url.replace("tcp://127.0.0.1", "tls://localhost")
            client = self.client(servers=url, ca=str(folder / "ca.pem"))
            with context.wrap_socket(self.server.socket.accept()[0], server_side=True) as link:
                self.assertEqual(link.recv(100), b"LOGIN ann ack=manual\r\n")
                client.close()
                # The module ssl takes a reset for an end of the stream.
                until(lambda: link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET, "the reset")

    def test_a_server_that_closes_a_connection_at_once_is_tried_again(self):
        with mock.patch.object(belfry.Conversation, "LOGIN_TIMEOUT", 3600):
            client = self.client()
            for _ in range(30):
                self.server.socket.accept()[0].close()
            self.accept(WELCOME + message(1))
            self.assertEqual(client.receive(DEADLINE).id, 1)

    def test_a_dead_server_is_noticed(self):
        client = self.client(ping=(0.05, 0.05))
        link = self.accept(WELCOME + b"LIVE 0\r\n")
        client.receive(DEADLINE)
        self.assertEqual(link.line(), b"PING\r\n")
        link.write(b"PONG\r\n")
        self.assertEqual(link.line(), b"PING\r\n")
        self.accept(WELCOME + message(1))
        self.assertEqual(client.receive(DEADLINE).id, 1)

    def test_another_server_is_tried_at_once(self):
        client = self.client(servers=["tcp://127.0.0.1:1", self.server.url], backoff=(30, 30))
        self.accept(WELCOME + b"LIVE 0\r\n")
        client.receive(DEADLINE)

    def test_connect_ends_a_pause(self):
        client = self.client(backoff=(60, 60))
        self.accept().close()
        until(lambda: client.state == "waiting")
        client.connect()
        self.accept(WELCOME + message(1))
        self.assertEqual(client.receive(DEADLINE).id, 1)

    def test_a_client_that_was_taken_over_goes_on_after_connect(self):
        client = self.client()
        self.accept(WELCOME + message(1) + b"BYE taken-over\r\n")
        self.assertEqual(client.receive(DEADLINE).id, 1)
        with self.assertRaisesCode("taken-over"):
            client.receive(DEADLINE)
        client.connect()
        link = self.accept(WELCOME + message(1) + message(2))
        self.assertEqual(client.receive(DEADLINE).id, 2)
        self.assertEqual(link.line(), b"ACK 1\r\n")

    def test_a_secret_is_not_sent_to_another_machine_without_tls(self):
        client = self.client(servers="tcp://192.0.2.1:5000", secret="s")
        with self.assertRaisesCode("tls-required"):
            client.receive(DEADLINE)
        self.client(secret="s%")
        self.assertIn(b"secret=%73%25", self.accept().login)

    def test_a_client_that_is_given_nonsense_is_not_made(self):
        for arguments in [("a b", self.server.url), ("ann", "http://x:1"), ("ann", "tcp://x"), ("ann", [])]:
            with self.assertRaises(ValueError):
                self.make(*arguments)
        for options in [{"secret": "x" * 257}, {"secret": "a\0"}, {"ack": "never"}]:
            with self.assertRaises(ValueError):
                self.make("ann", self.server.url, **options)

    def test_while_the_program_takes_nothing_the_server_waits(self):
        with mock.patch.object(belfry._Inbox, "PAUSE_AT", 65536), mock.patch.object(belfry._Inbox, "RESUME_AT", 4096):
            client = self.client()
            link = self.accept()
            total = 400
            data = b"".join(message(id, bytes(65536)) for id in range(1, total + 1))  # more than all buffers hold
            sending = threading.Thread(target=link.write, args=(data,))
            sending.start()
            until(lambda: client._core._is_paused)
            time.sleep(0.1)
            self.assertTrue(sending.is_alive())
            self.assertLess(client._core.inbox.size, 2 << 20)
            self.assertEqual([client.receive(DEADLINE).id for _ in range(total)], list(range(1, total + 1)))
            sending.join()

    def test_what_comes_before_an_answer_takes_no_more_memory_than_allowed_and_is_read_again(self):
        with mock.patch.object(belfry._Inbox, "DROP_AT", 10000):
            client = self.client()
            answer = client.settled("a")
            link = self.accept()
            data = b"".join(message(id, bytes(50)) for id in range(1, 1001))
            self.assertEqual(link.command(), b"SEND 1 1 a")
            link.write(data + b"SENT 1 1001\r\n")
            self.assertEqual(answer.result(DEADLINE), (1, 1001))
            self.assertLess(client._core.inbox.size, 11000)
            given = [client.receive(DEADLINE).id for _ in range(client._core.inbox.size // 150)]
            threading.Thread(target=lambda: self.accept(WELCOME + data[: len(data) // 5])).start()
            given += [client.receive(DEADLINE).id for _ in range(2)]
            self.assertEqual(given, list(range(1, len(given) + 1)))

    def test_a_full_queue_makes_the_program_wait(self):
        with mock.patch.object(belfry._Unsent, "ENOUGH", 1000):
            client = self.client()
            for _ in range(5):
                client.settled(bytes(100))
            with self.assertRaises(TimeoutError):
                client.send(bytes(100), 0.02)
            link = self.accept()
            for seq in range(1, 6):
                link.command()
                link.write(b"SENT %d %d\r\n" % (seq, seq))
            sending = client.settled(b"last")
            self.assertEqual(link.command(), b"SEND 6 4 last")
            link.write(b"SENT 6 6\r\n")
            self.assertEqual(sending.result(DEADLINE), (6, 6))

    def test_a_message_that_cannot_be_sent_is_refused_at_once(self):
        client = self.client()
        self.accept(WELCOME + message(1))
        client.receive(DEADLINE)
        with self.assertRaisesCode("too-large"):
            client.send(bytes(65537), DEADLINE / 3)

    def test_a_message_is_sent_even_if_its_sender_waits_no_longer(self):
        client = self.client()
        with self.assertRaises(TimeoutError):
            client.send("a", 0.01)
        link = self.accept()
        self.assertEqual(link.command(), b"SEND 1 1 a")
        self.assertEqual(client.unsent, 1)
        link.write(b"SENT 1 1\r\n")
        client.flush(DEADLINE)
        self.assertEqual(client.unsent, 0)

    def test_a_message_that_is_cancelled_before_it_leaves_is_not_sent(self):
        client = self.client()
        first, second = client.settled("a"), client.settled("b")
        until(lambda: client.unsent == 2)
        self.assertTrue(first.cancel())
        link = self.accept()
        self.assertEqual(link.command(), b"SEND 1 1 b")
        link.write(b"SENT 1 1\r\n")
        self.assertEqual(second.result(DEADLINE), (1, 1))

    def test_a_callback_that_fails_does_no_harm(self):
        seen = []

        def on_state(change):
            seen.append(change.state)
            raise RuntimeError("a fault of the program")

        client = self.client(on_state=on_state)
        self.accept(WELCOME + message(1))
        self.assertEqual(client.receive(DEADLINE).id, 1)
        self.assertEqual(seen, ["online"])

    def test_callbacks_tell_states_and_presence(self):
        states, presence = [], []
        client = self.client(on_state=states.append, on_presence=presence.append, presence=True)
        link = self.accept(WELCOME + b"ONLINE bob\r\nOFFLINE bob\r\n" + message(1))
        self.assertIn(b"presence=on", link.login)
        client.receive(DEADLINE)
        link.close()
        self.accept()
        until(lambda: len(states) == 4)
        self.assertEqual([change.state for change in states], ["online", "waiting", "connecting", "online"])
        self.assertEqual(states[1].error.code, "closed")
        self.assertEqual(states[0].welcome.max_payload, 65536)
        self.assertEqual(presence, [("bob", True), ("bob", False)])

    def test_a_question_is_asked_again_after_a_loss(self):
        client = self.client()
        found = []
        asking = threading.Thread(target=lambda: found.append(client.history(1, 2, DEADLINE)))
        asking.start()
        first = self.accept()
        self.assertEqual(first.command(), b"HISTORY 1 2")
        first.write(b"PAST 1 bob 5 1\r\nx\r\n")
        first.close()
        second = self.accept()
        self.assertEqual(second.command(), b"HISTORY 1 2")
        second.write(b"PAST 1 bob 5 1\r\nx\r\nEND 1 1\r\n")
        asking.join()
        self.assertEqual(found, [([belfry.Message(1, "bob", 5, b"x")], 1, 1)])

    def test_the_epoch_is_that_of_the_event_that_was_returned_last(self):
        client = self.client()
        link = self.accept(WELCOME + message(1))
        client.receive(DEADLINE)
        link.close()
        self.accept(WELCOME.replace(b"epoch=a", b"epoch=b") + message(1))
        until(lambda: client.welcome.epoch == "b")
        self.assertEqual(client.epoch, "a")
        client.receive(DEADLINE)
        self.assertEqual(client.epoch, "b")

    def test_a_forked_child_has_no_connection(self):
        client = self.client()
        link = self.accept(WELCOME + b"LIVE 0\r\n")
        client.receive(DEADLINE)
        child = os.fork()
        if child == 0:
            status = 9
            try:
                status = self.in_the_child(client)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        answer = client.settled("a")
        self.assertEqual(link.command(), b"SEND 1 1 a")
        link.write(b"SENT 1 1\r\n")
        self.assertEqual(answer.result(DEADLINE), (1, 1))

    def in_the_child(self, client):
        """Returns 0 if the client refuses everything, and if its connection is closed in this process."""
        port = int(self.server.url.rsplit(":", 1)[1])
        for descriptor in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError, ValueError):
                with socket.socket(fileno=os.dup(int(descriptor))) as copy:
                    if copy.family == socket.AF_INET and copy.getpeername()[1] == port:
                        return 1
        inner = getattr(client, "client", client)
        for name, arguments in [("receive", ()), ("send", ("x",)), ("who", ()), ("ack", (1,)), ("close", ())]:
            try:
                result = getattr(inner, name)(*arguments)
                if hasattr(result, "send") and hasattr(result, "throw"):
                    result.send(None)
                return 2
            except StopIteration:
                if name != "close":
                    return 3
            except belfry.BelfryError as error:
                if error.code != "forked":
                    return 4
            except TypeError:
                return 5
        return 0


class TheClientWithThreads(Played, unittest.TestCase):
    make = Threaded

    def in_the_child(self, client):
        try:
            client.close()
        except BaseException:
            return 6
        with mock.patch.object(belfry.Client, "close", lambda self: (_ for _ in ()).throw(belfry.BelfryError("forked"))):
            return super().in_the_child(client)

    def test_a_callback_that_waits_for_its_own_client_is_refused(self):
        errors = []
        client = self.client(on_state=lambda change: errors.append(self.assertRaises(RuntimeError, client.send, "x")))
        self.accept(WELCOME + message(1))
        client.receive(DEADLINE)
        until(lambda: errors == [None])

    def test_a_wake_up_is_not_lost_while_the_thread_wakes_up(self):
        client = self.client()
        self.accept(WELCOME + b"LIVE 0\r\n")
        client.receive(DEADLINE)
        receive, woken = socket.socket.recv, []

        def recv(self, size):
            if self is client._alarm:
                client._wake()
                woken.append(True)
            return receive(self, size)

        with mock.patch.object(socket.socket, "recv", recv):
            until(lambda: client._wake() or woken)  # a wake-up from before may count for the first
        answer = client.settled("x")
        until(lambda: not client._core.unsent._fresh, "the message leaves")
        answer.cancel()

    def test_a_callback_may_queue_messages_and_close(self):
        client = self.client(on_state=lambda change: change.state == "online" and (client.send_soon("x"), client.close()))
        link = self.accept(WELCOME)
        self.assertEqual(link.command(), b"QUIT")
        link.write(b"BYE quit\r\n")
        until(lambda: client.state == "stopped")


class TheClientOfAsyncio(Played, unittest.TestCase):
    make = OnLoop

    def test_a_cancelled_receive_leaves_the_event_to_the_next(self):
        client = self.client()
        link = self.accept()

        async def cancel():
            import asyncio

            task = asyncio.ensure_future(client.client.receive())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled() and not client.client._waiters

        self.assertTrue(client.run(cancel()))
        link.write(message(1))
        self.assertEqual(client.receive(DEADLINE).id, 1)

    def test_a_close_that_is_cancelled_ends_the_client_all_the_same(self):
        client = self.client()
        self.accept(WELCOME + b"LIVE 0\r\n")
        client.receive(DEADLINE)

        async def cancel():
            import asyncio

            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(client.client.close(), 0.05)

        client.run(cancel())
        self.assertEqual(client.state, "stopped")


if __name__ == "__main__":
    unittest.main()
