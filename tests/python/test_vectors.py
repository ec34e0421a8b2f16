"""The parser and the conversation do what wire/vectors/ says, however the bytes of the server are cut."""

import json
import pathlib
import re
import unittest
import urllib.parse

import belfry

VECTORS = pathlib.Path(__file__).parents[2] / "wire" / "vectors"


def text_of(parts):
    if isinstance(parts, str):
        return parts
    return "".join(part if isinstance(part, str) else part["repeat"] * part["times"] for part in parts)


def bytes_of(parts):
    return text_of(parts).encode("latin-1")


def pieces_of(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)] if size else [data]


def cuts_of(data):
    yield [data]
    for at in range(1, len(data), max(1, len(data) // 500)):
        yield [data[:at], data[at:]]
    yield pieces_of(data, 1)


def written(frame):
    """Writes a frame as the vectors do. The reader has joined `seq` and `accepted` of WELCOME."""
    if isinstance(frame, belfry.Welcome):
        fields = frame._asdict()
        return {"verb": "WELCOME", "client_id": fields.pop("id"), **fields, "seq": str(frame.seq)}
    if isinstance(frame, (belfry.Message, belfry._Past)):
        message = frame if isinstance(frame, belfry.Message) else frame.message
        verb = "MSG" if isinstance(frame, belfry.Message) else "PAST"
        payload = message.payload.decode("latin-1")
        return {"verb": verb, "id": message.id, "sender": message.sender, "ms": message.time, "payload": payload}
    if isinstance(frame, belfry.Sent):
        return {"verb": "SENT", "seq": str(frame.seq), "id": frame.id}
    if isinstance(frame, belfry.User):
        return {"verb": "USER", "client_id": frame.id, "online": frame.online, "cursor": frame.cursor}
    if isinstance(frame, belfry.Presence):
        return {"verb": "ONLINE" if frame.online else "OFFLINE", "client_id": frame.id}
    if isinstance(frame, belfry._Error):
        text = frame.text.encode().decode("latin-1")
        return {"verb": "ERR", "code": frame.code, "seq": str(frame.seq), "text": text}
    if isinstance(frame, belfry._Dup):
        return {"verb": "DUP", "seq": str(frame.seq)}
    verbs = {belfry.Live: "LIVE", belfry.Gap: "GAP", belfry._End: "END", belfry._Pong: "PONG", belfry._Bye: "BYE"}
    return {"verb": verbs[type(frame)], **frame._asdict()}


def expected(frame):
    if frame["verb"] == "WELCOME":
        seq = str(max(int(frame["seq"]), int(frame["accepted"])))
        return {key: value for key, value in {**frame, "seq": seq}.items() if key != "accepted"}
    if "payload" in frame:
        return {**frame, "payload": text_of(frame["payload"])}
    return {"first": 0, "last": 0, **frame} if frame["verb"] == "END" else frame


class Frames(unittest.TestCase):
    def check(self, vector):
        wanted = [expected(frame) for frame in vector["frames"]]
        for pieces in cuts_of(bytes_of(vector["bytes"])):
            reader = belfry.FrameReader()
            frames = [written(frame) for piece in pieces for frame in reader.feed(piece)]
            self.assertEqual(frames, wanted)
            self.assertEqual(reader.is_broken, vector.get("garbled", False))

    def test_a_frame_of_16_mib_that_comes_in_small_pieces_is_read_in_linear_time(self):
        reader = belfry.FrameReader()
        data = b"MSG 1 bob 5 16777216\r\n" + bytes(16 << 20) + b"\r\n"
        frames = [frame for piece in pieces_of(data, 1024) for frame in reader.feed(piece)]
        self.assertEqual([len(frame.payload) for frame in frames], [16 << 20])


class Player:
    """Plays a scene. It reads what the client writes with a parser of its own."""

    def __init__(self, test, scene, cut):
        self.test, self.cut, self.now = test, cut, 1000.0
        login = belfry._login("ann", scene.get("secret"), scene.get("presence", False))
        self.core = belfry.Conversation(login, scene.get("servers", 1))
        self.written = b""
        self.sent = []
        self.acked = None
        self.events = 0

    def play(self, step):
        getattr(self, "do_" + next(iter(step)))(step)
        self.read_output()

    def read_output(self):
        while self.core.is_linked:
            out = self.core.output()
            if not out:
                break
            self.written += out
        while self.written:
            line, end, rest = self.written.partition(b"\r\n")
            self.test.assertTrue(end)
            verb, *fields = line.split(b" ")
            if verb == b"SEND":
                size = int(fields[1])
                self.sent.append([fields[0].decode(), rest[:size].decode("latin-1")])
                self.test.assertEqual(rest[size : size + 2], b"\r\n")
                rest = rest[size + 2 :]
            elif verb == b"ACK":
                self.acked = max(self.acked or 0, int(fields[0]))
            else:
                self.test.fail(f"unexpected {line}")
            self.written = rest

    def pass_time(self, seconds):
        until = self.now + seconds
        while True:
            due = self.core.deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self.core.tick(self.now)
            self.read_output()
        self.now = until

    def await_attempt(self):
        if self.core.state == "waiting":
            self.pass_time(self.core.deadline() - self.now)
        self.test.assertTrue(self.core.wants_connection)

    def do_connect(self, step):
        self.await_attempt()
        self.core.connected(self.now)
        line = self.core.output().decode("latin-1")
        self.test.assertTrue(line.endswith("\r\n"))
        words = lambda text: [urllib.parse.unquote(text.split()[1]), sorted(map(urllib.parse.unquote, text.split()))]
        self.test.assertEqual(words(line), words(step["connect"]))
        self.sent, self.acked = [], None

    def do_fail(self, step):
        self.await_attempt()
        self.core.lost(belfry.BelfryError("closed", "refused"), self.now)

    def do_server(self, step):
        for piece in pieces_of(bytes_of(step["server"]), self.cut):
            if self.core.is_linked:
                self.core.received(piece, self.now)

    def do_lose(self, step):
        self.core.lost(belfry.BelfryError("closed", "lost"), self.now)

    def do_send(self, step):
        self.core.unsent.add(step["send"].encode("latin-1"), int(step.get("seq", 0)), step["send"])

    def do_take(self, step):
        for wanted in step["take"]:
            event = self.core.give(self.now)
            self.test.assertIsNotNone(event)
            found = {"type": type(event).__name__.lower(), **event._asdict()}
            if "seq" in found:
                found["seq"] = str(found["seq"])
            if "payload" in found:
                found["payload"] = found["payload"].decode("latin-1")
            self.test.assertEqual(found, wanted)
        if not step["take"]:
            self.test.assertIsNone(self.core.give(self.now))

    def do_ack(self, step):
        self.core.take(self.now, step["ack"])

    def do_later(self, step):
        self.pass_time(5.0)

    def do_sends(self, step):
        self.test.assertEqual(self.sent, step["sends"])
        self.sent = []

    def do_acked(self, step):
        self.test.assertEqual(self.acked, step["acked"])

    def do_settled(self, step):
        found = []
        for _, result in self.core.settled:
            if isinstance(result, belfry.BelfryError):
                found.append({"error": result.code})
            else:
                found.append({"seq": str(result.seq), **({} if result.id is None else {"id": result.id})})
        self.test.assertEqual(found, step["settled"])
        self.core.settled.clear()

    def do_state(self, step):
        self.test.assertEqual(self.core.state, step["state"])

    def do_stops(self, step):
        self.test.assertEqual(self.core.state, "stopped")
        self.test.assertIsNone(self.core.deadline())
        self.check_end(step["stops"])

    def do_gives_up(self, step):
        self.test.assertIn(self.core.state, ("stopped", "waiting"))
        self.check_end(step["gives_up"])

    def check_end(self, codes):
        self.test.assertFalse(self.core.is_linked)
        self.test.assertIn(self.core.error.code, [codes] if isinstance(codes, str) else codes)


class Scenes(unittest.TestCase):
    def check(self, scene):
        for cut in (0, 1, 2, 3, 5, 7, 11, 23):
            player = Player(self, scene, cut)
            for number, step in enumerate(scene["steps"], 1):
                with self.subTest(cut=cut, step=number):
                    player.play(step)


class StoreThatFails(unittest.TestCase):
    LOGIN = {"connect": "LOGIN ann ack=manual"}
    WELCOME = {"server": "WELCOME ann epoch=e1 cursor=0 last=0 seq=0 max-payload=9 server=b/1\r\nLIVE 0\r\n"}

    def refused(self, servers):
        player = Player(self, {"servers": servers}, 0)
        for step in (self.LOGIN, self.WELCOME, {"send": "a"}, {"server": "ERR store-failed 1 x\r\n"}):
            player.play(step)
        return player

    def test_another_server_is_tried_after_five_seconds(self):
        player = self.refused(2)
        for _ in range(4):
            player.pass_time(1.2)
            player.do_server({"server": "ERR store-failed 1 x\r\n"})
        self.assertTrue(player.core.is_online)
        player.pass_time(0.3)
        self.assertEqual((player.core.state, player.core.server), ("waiting", 1))
        player.play(self.LOGIN)
        player.play(self.WELCOME)
        player.play({"sends": [["1", "a"]]})

    def test_a_server_that_stores_again_is_kept(self):
        player = self.refused(2)
        player.pass_time(4.0)
        player.do_server({"server": "SENT 1 1\r\n"})
        player.pass_time(4.0)
        self.assertTrue(player.core.is_online)

    def test_a_single_server_is_kept(self):
        player = self.refused(1)
        player.pass_time(20.0)
        self.assertTrue(player.core.is_online)


def add_tests(case, name):
    for number, vector in enumerate(json.loads((VECTORS / name).read_text()), 1):
        label = f"test_{number:03}_" + re.sub(r"\W+", "_", vector["name"])
        setattr(case, label, lambda self, vector=vector: self.check(vector))


add_tests(Frames, "frames.json")
add_tests(Scenes, "scenes.json")

if __name__ == "__main__":
    unittest.main()
