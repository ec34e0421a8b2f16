// What the client does about each answer, against a server that gives any answer.

import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { test } from "node:test";
import tls from "node:tls";
import { BelfryError, Client } from "../../page/belfry.js";
import { makeCertificates } from "./support/certificates.mjs";
import { FakeServer } from "./support/fake_server.mjs";
import { temporaryFolder } from "./support/server.mjs";
import { inTime, stateOf, take, texts, until } from "./support/waiting.mjs";

const backoff = { first: 1, longest: 5 };

/** Runs a test with a fake server and a function that makes clients for it. Ends all of them. */
function withServer(name, run) {
    test(name, async () => {
        const server = await FakeServer.start();
        const clients = [];
        const connect = (options = {}) => {
            const client = new Client({ id: "me", servers: options.servers ?? server.url, backoff, ...options });
            clients.push(client);
            return client;
        };
        try {
            await run(server, connect);
        } finally {
            server.stop();
            for (const client of clients) await client.close();
        }
    });
}

const sent = (server) => server.log.filter(({ seq }) => seq).map(({ payload }) => payload.toString());
const iterate = (client) => client[Symbol.asyncIterator]();
const codeOf = (promise) => inTime(promise.then(() => "none", ({ code }) => code));

// --- login ---

withServer("The login carries manual acknowledgements, presence, and an encoded secret", async (server, connect) => {
    await stateOf(connect({ secret: "p w%\u{E4}\n", presence: true }), "online");
    const [login] = server.commands;
    const [verb, id, ...options] = login.split(" ");
    assert.deepEqual([verb, id, ...options.slice(0, 2)], ["LOGIN", "me", "ack=manual", "presence=on"]);
    assert.equal(decodeURIComponent(options[2].replace("secret=", "")), "p w%\u{E4}\n");
});

withServer("welcome says what the server has said, with the highest seq that was accepted", async (server, connect) => {
    server.append({ sender: "you" });
    server.answers.LOGIN = (connection) => connection.line(server.welcome(" accepted=17 more=1"));
    const { welcome } = await stateOf(connect(), "online");
    assert.deepEqual(welcome, { id: "me", epoch: "abc", cursor: 0, last: 1, seq: 17n, maxPayload: 1000, server: "fake/1" });
});

const listening = (server) => once(server.listen(0, "127.0.0.1"), "listening");

/** Lets a client log in at a server that does not answer, and returns how it ends the connection when it is closed. */
async function endOfLogin(scheme, options) {
    const server = scheme === "tls" ? tls.createServer(options.server) : net.createServer();
    // It sees the connection as it is, also that of TLS.
    const front = net.createServer((socket) => {
        const behind = net.connect(server.address().port).on("error", () => {});
        socket.pipe(behind).pipe(socket);
    });
    const accepted = once(front, "connection");
    const served = once(server, scheme === "tls" ? "secureConnection" : "connection");
    await Promise.all([listening(server), listening(front)]);
    const client = new Client({ id: "me", servers: `${scheme}://127.0.0.1:${front.address().port}`, tls: options?.client });
    try {
        const [socket] = await inTime(accepted, "connection");
        const ended = new Promise((resolve) => {
            socket.on("error", ({ code }) => resolve(code)).on("end", () => resolve("in order"));
        });
        const [session] = await inTime(served, "session");
        const [line] = await inTime(once(session.on("error", () => {}), "data"), "LOGIN");
        assert.equal(String(line), "LOGIN me ack=manual\r\n");
        await client.close();
        session.destroy();
        return await inTime(ended, "end of the connection");
    } finally {
        await client.close();
        front.close();
        server.close();
    }
}

test("A login that is given up is reset", async () => {
    assert.equal(await endOfLogin("tcp"), "ECONNRESET");
});

/** Makes the options of a server of TLS, and those of a client that trusts it. */
function tlsOptions() {
    const folder = temporaryFolder();
    const { certificate, key, authority } = makeCertificates(folder);
    const [cert, secret, ca] = [certificate, key, authority].map((path) => readFileSync(path));
    rmSync(folder, { recursive: true });
    return { server: { cert, key: secret }, client: { ca } };
}

test("A login by TLS that is given up is reset", async () => {
    assert.equal(await endOfLogin("tls", tlsOptions()), "ECONNRESET");
});

/** Lets localhost have these addresses while the test runs. */
function setAddresses(context, ...addresses) {
    context.mock.method(dns, "lookup", (host, options, done) => {
        const all = addresses.map((address) => ({ address, family: net.isIP(address) }));
        if (options.all) done(null, all);
        else done(null, all[0].address, all[0].family);
    });
}

test("By TLS the next address is tried if nothing answers at the first one", async (context) => {
    const { server: serverOptions, client: clientOptions } = tlsOptions();
    const server = tls.createServer(serverOptions);
    await listening(server);
    setAddresses(context, "127.0.0.2", "127.0.0.1");
    const lines = once(server, "secureConnection").then(([socket]) => once(socket.on("error", () => {}), "data"));
    const client = new Client({ id: "me", servers: `tls://localhost:${server.address().port}`, tls: clientOptions, backoff });
    try {
        const [line] = await inTime(lines, "LOGIN");
        assert.equal(String(line), "LOGIN me ack=manual\r\n");
    } finally {
        await client.close();
        server.close();
    }
});

test("Options of TLS that are not possible are an error of the connection", async () => {
    const server = net.createServer((socket) => socket.on("error", () => {}));
    await listening(server);
    const client = new Client({ id: "me", servers: `tls://127.0.0.1:${server.address().port}`, tls: { ca: 1 } });
    try {
        const { error } = await stateOf(client, "waiting");
        assert.match(error.message, /ca/);
    } finally {
        await client.close();
        server.close();
    }
});

for (const code of ["unknown-client", "login-refused", "tls-required"]) {
    withServer(`${code} stops the client, and connect() tries again`, async (server, connect) => {
        const { LOGIN } = server.answers;
        server.answers.LOGIN = (connection) => {
            connection.line(`ERR ${code} - no`);
            connection.end();
        };
        const client = connect();
        const iterator = iterate(client);
        const waiting = assert.rejects(iterator.next(), { code });
        const question = codeOf(client.who());
        const receipt = client.send("kept");
        const { error } = await stateOf(client, "stopped");
        assert.ok(error instanceof BelfryError);
        assert.deepEqual([error.code, error.message], [code, "no"]);
        await waiting;
        assert.equal(await question, code);
        await assert.rejects(client.who(), { code });
        server.answers.LOGIN = LOGIN;
        client.connect();
        assert.deepEqual(await inTime(receipt), { seq: 1n, id: 1 });
        assert.equal(server.connections.length, 2);
    });
}

withServer("BYE taken-over stops the client, and connect() takes over again", async (server, connect) => {
    const client = connect();
    await stateOf(client, "online");
    server.connection.write("BYE taken-over\r\n");
    const { error } = await stateOf(client, "stopped");
    assert.equal(error.code, "taken-over");
    client.connect();
    await stateOf(client, "online");
});

for (const refusal of ["ERR too-many-clients - full", "ERR login-timeout - late", "BYE shutting-down"]) {
    withServer(`After ${refusal.split(" ").slice(0, 2).join(" ")} the client tries again`, async (server, connect) => {
        const { LOGIN } = server.answers;
        server.answers.LOGIN = (connection) => {
            connection.line(refusal);
            connection.end();
            server.answers.LOGIN = LOGIN;
        };
        const client = connect();
        const waiting = await stateOf(client, "waiting");
        assert.ok(waiting.error instanceof BelfryError);
        assert.ok(Math.abs(waiting.retryAt - Date.now()) < 10000);
        await stateOf(client, "online");
    });
}

test("A secret is never sent to another machine without TLS", async () => {
    for (const servers of ["tcp://192.0.2.1:5000", "ws://example.org/ws", ["tcp://127.0.0.1:1", "tcp://127.0.0.1.example.org:1"]]) {
        globalThis.WebSocket ??= class {};
        const client = new Client({ id: "me", servers, secret: "s" });
        const { error } = await stateOf(client, "stopped");
        assert.equal(error.code, "tls-required");
        await client.close();
    }
});

test("Wrong options are a TypeError", () => {
    const servers = "tcp://127.0.0.1:5000";
    for (const options of [
        { id: "", servers }, { id: "a b", servers }, { id: "x".repeat(33), servers }, { id: "me", servers: [] }, { id: "me", servers: "http://localhost" },
        { id: "me", servers: "tcp://localhost" }, { id: "me", servers: "nonsense" }, { id: "me", servers, secret: "a\0b" },
        { id: "me", servers, secret: "x".repeat(257) },
    ]) assert.throws(() => new Client(options), TypeError, JSON.stringify(options));
});

// --- bytes that are not the protocol ---

for (const garbage of [
    "MSG x you 1 0\r\n\r\n", "MSG 1 you 1 99999999\r\n", "MSG 1 you 1 1\r\nabc\r\n", "SENT 1\r\n", "WELCOME me epoch=1 cursor=0 last=0 seq=0\r\n",
    "x".repeat(70000), "\x16\x03\x01\x02\x00\nLIVE y\n", "END 1\r\n", "BYE\r\n",
]) {
    for (const when of ["before", "after"]) {
        withServer(`${JSON.stringify(garbage.slice(0, 30))} ${when} WELCOME is an error, and the client tries again`, async (server, connect) => {
            const { LOGIN } = server.answers;
            server.answers.LOGIN = (connection) => {
                server.answers.LOGIN = LOGIN;
                if (when === "after") LOGIN(connection);
                connection.write(garbage);
            };
            const client = connect();
            const receipt = client.send("once");
            const { error } = await stateOf(client, "waiting");
            assert.equal(error.code, "broken-server");
            assert.equal((await inTime(receipt)).seq, 1n);
            assert.deepEqual(sent(server), ["once"]);
        });
    }
}

withServer("Answers that nobody has asked for change nothing", async (server, connect) => {
    const client = connect();
    await stateOf(client, "online");
    const read = new Promise((resolve) => client.addEventListener("presence", resolve));
    server.connection.write("END\r\nEND 1 2\r\nUSER a online cursor=1\r\nPAST 1 you 1 1\r\nx\r\nDUP 77\r\nPONG x\r\nERR too-large 5 no\r\n");
    server.connection.write("ERR new - x\r\nNEWS\r\nONLINE you\r\n");
    await inTime(read);
    assert.deepEqual((await inTime(client.who())).map(({ id }) => id), ["me", "you"]);
    assert.equal((await inTime(client.send("m"))).id, 1);
});

// --- sending ---

withServer("A lost SENT becomes a DUP, and the message is accepted once", async (server, connect) => {
    const { SEND } = server.answers;
    server.answers.SEND = (connection, [seq], payload) => {
        server.append({ seq: BigInt(seq), payload });
        server.cursor = server.log.length; // so that SENT does not come again
        server.answers.SEND = SEND;
        connection.close();
    };
    assert.deepEqual(await inTime(connect().send("m")), { seq: 1n });
    assert.deepEqual(sent(server), ["m"]);
});

withServer("A SENT of an earlier run is an event, and settles nothing", async (server, connect) => {
    server.append({ seq: 5n, text: "earlier" });
    const client = connect();
    assert.deepEqual(await inTime(client.send("m")), { seq: 6n, id: 2 });
    const events = await take(iterate(client), 2, "sent");
    assert.deepEqual(events.map(({ type, id, seq }) => [type, id, seq]), [["sent", 1, 5n], ["live", 1, undefined], ["sent", 2, 6n]]);
});

withServer("A seq of an earlier run is sent again first, and onseq is told before a message leaves", async (server, connect) => {
    const told = [];
    const client = connect();
    const onseq = (seq) => told.push([seq, server.commands.filter((line) => line.startsWith("SEND")).length]);
    const receipts = [client.send("old", { seq: 41n, onseq }), client.send("new", { onseq })];
    assert.deepEqual(told, []);
    assert.deepEqual((await inTime(Promise.all(receipts))).map(({ seq }) => seq), [41n, 42n]);
    assert.deepEqual(told, [[41n, 0], [42n, 0]]);
    assert.deepEqual(sent(server), ["old", "new"]);
});

withServer("A message is not sent if onseq throws", async (server, connect) => {
    const client = connect();
    const refused = assert.rejects(client.send("a", { onseq: () => { throw new RangeError("full"); } }), RangeError);
    await inTime(client.send("b"));
    await refused;
    assert.deepEqual(sent(server), ["b"]);
});

withServer("A seq that is not above the earlier ones is refused at once", async (server, connect) => {
    const client = connect();
    await inTime(client.send("a", { seq: 10n }));
    for (const seq of [0n, -1n, 9n, 10n, 2n ** 63n]) assert.equal(await codeOf(client.send("b", { seq })), "bad-seq");
    assert.equal((await inTime(client.send("c"))).seq, 11n);
});

withServer("A seq that is given twice is refused the second time", async (server, connect) => {
    const client = connect();
    const [first, second] = [client.send("a", { seq: 5n }), client.send("a", { seq: 5n })];
    assert.equal(await codeOf(second), "bad-seq");
    assert.equal((await inTime(first)).seq, 5n);
    assert.deepEqual(sent(server), ["a"]);
});

withServer("A message above max-payload is refused and not sent, and the next one takes its place", async (server, connect) => {
    const client = connect();
    const codes = Promise.all([codeOf(client.send("x".repeat(1001))), codeOf(client.send("x".repeat(1000)))]);
    assert.deepEqual(await codes, ["too-large", "none"]);
    assert.equal(client.unsent, 0);
});

for (const [code, next] of [["too-large", 2n], ["bad-seq", 1n]]) {
    withServer(`After ERR ${code} the message is rejected, and the next one takes seq ${next}`, async (server, connect) => {
        const { SEND } = server.answers;
        server.answers.SEND = (connection, [seq]) => {
            connection.line(`ERR ${code} ${seq} no`);
            server.answers.SEND = SEND;
        };
        const client = connect();
        assert.equal(await codeOf(client.send("a")), code);
        assert.equal((await inTime(client.send("b"))).seq, next);
    });
}

withServer("While the store fails, messages wait and are then accepted in order", async (server, connect) => {
    const { SEND } = server.answers;
    let failures = 3;
    let failedSeq;
    server.answers.SEND = (connection, [seq, size], payload) => {
        failedSeq ??= seq;
        if (seq === failedSeq && failures-- === 0) server.answers.SEND = SEND;
        if (failures >= 0) connection.line(`ERR store-failed ${seq} disk full`);
        else SEND(connection, [seq, size], payload);
    };
    const client = connect();
    const all = ["1", "2", "3", "4", "5"];
    const receipts = await inTime(Promise.all(all.map((text) => client.send(text))));
    assert.deepEqual(receipts.map(({ seq }) => seq), [1n, 2n, 3n, 4n, 5n]);
    assert.deepEqual(sent(server), all);
});

withServer("At most 1,000 messages have no answer at a time", async (server, connect) => {
    const { SEND } = server.answers;
    const held = [];
    server.answers.SEND = (...message) => held.push(message);
    const client = connect();
    const receipts = Promise.all(Array.from({ length: 2500 }, (_, i) => client.send(String(i))));
    await until(() => held.length >= 1000);
    await inTime(client.who()); // by now any further message would have come
    assert.equal(held.length, 1000);
    server.answers.SEND = SEND;
    for (const message of held) SEND(...message);
    await inTime(receipts);
    assert.deepEqual(sent(server), Array.from({ length: 2500 }, (_, i) => String(i)));
});

withServer("A payload that changes after send() is sent as it was", async (server, connect) => {
    const bytes = Uint8Array.of(1, 2, 255);
    const receipt = connect().send(bytes);
    bytes.fill(0);
    await inTime(receipt);
    assert.deepEqual([...server.log[0].payload], [1, 2, 255]);
    await assert.rejects(connect().send(undefined), TypeError);
    await assert.rejects(connect().send(new ArrayBuffer(3)), TypeError);
});

// --- receiving ---

withServer("A GAP is an event, and messages without an answer are sent again after it", async (server, connect) => {
    server.answers.LOGIN = (connection) => connection.line(server.welcome());
    const { SEND } = server.answers;
    server.answers.SEND = (connection, [seq], payload) => {
        for (let id = 1; id < 5; id++) server.append({ sender: "you" });
        server.append({ seq: BigInt(seq), payload });
        server.answers.SEND = SEND;
        connection.write("GAP 1 5\r\nMSG 6 you 1 2\r\nhi\r\n");
    };
    const client = connect();
    assert.deepEqual(await inTime(client.send("m")), { seq: 1n });
    const [gap, next] = await take(iterate(client), 1);
    assert.deepEqual(gap, { type: "gap", first: 1, last: 5 });
    assert.deepEqual([next.id, next.text], [6, "hi"]);
});

withServer("After a reconnection an event that was delivered does not come again, and is acknowledged again", async (server, connect) => {
    for (const text of ["a", "b", "c"]) server.append({ sender: "you", text });
    const client = connect();
    const iterator = iterate(client);
    assert.deepEqual(texts(await take(iterator, 3)), ["a", "b", "c"]);
    server.connection.close();
    await stateOf(client, "online");
    server.append({ sender: "you", text: "d" });
    server.deliver(server.connection, 4);
    assert.deepEqual(texts(await take(iterator, 1)), ["d"]);
    await until(() => server.cursor >= 3);
});

withServer("What comes before WELCOME is ignored", async (server, connect) => {
    server.append({ sender: "you", text: "a" });
    const client = connect();
    const iterator = iterate(client);
    await take(iterator, 1);
    const { LOGIN } = server.answers;
    server.answers.LOGIN = (connection) => {
        connection.write("MSG 2 you 1 5\r\nearly\r\nSENT 1 3\r\nLIVE 9\r\n");
        LOGIN(connection);
    };
    server.append({ sender: "you", text: "b" });
    server.connection.close();
    const events = await take(iterator, 1);
    assert.deepEqual(events.map(({ type, id, text }) => [type, id, text]), [["live", 1, undefined], ["message", 2, "b"]]);
});

withServer("In a new epoch the ids begin anew, and what was taken before is not acknowledged in it", async (server, connect) => {
    for (const text of ["a", "b", "c"]) server.append({ sender: "you", text });
    const client = connect();
    const iterator = iterate(client);
    assert.deepEqual(texts(await take(iterator, 2)), ["a", "b"]);
    server.connection.close();
    Object.assign(server, { epoch: "def", log: [], cursor: 0, commands: [] });
    server.append({ sender: "you", text: "A" });
    const { welcome } = await stateOf(client, "online");
    assert.equal(welcome.epoch, "def");
    assert.deepEqual(texts(await take(iterator, 1)), ["A"]);
    server.append({ sender: "you", text: "B" });
    server.deliver(server.connection, 2);
    assert.deepEqual(texts(await take(iterator, 1)), ["B"]);
    await until(() => server.cursor === 1);
    assert.ok(!server.commands.includes("ACK 2"));
});

withServer("With manual acknowledgements only ack() acknowledges, and never what was not delivered", async (server, connect) => {
    for (const text of ["a", "b", "c"]) server.append({ sender: "you", text });
    const client = connect({ ack: "manual" });
    const events = await take(iterate(client), 2);
    client.ack(events[0].id);
    await until(() => server.cursor === 1);
    client.ack(1000);
    await until(() => server.cursor === 2);
    await client.close();
    assert.deepEqual(server.commands.filter((line) => line.startsWith("ACK")), ["ACK 1", "ACK 2"]);
});

withServer("A loop that is left does not end the client, and the next one goes on", async (server, connect) => {
    for (const text of ["a", "b", "c"]) server.append({ sender: "you", text });
    const client = connect();
    for await (const event of client) if (event.text === "b") break;
    const abandoned = iterate(client);
    await take(abandoned, 1);
    await take(abandoned, 1, "live");
    const waiting = abandoned.next();
    assert.deepEqual(await inTime(abandoned.return()), { value: undefined, done: true });
    assert.deepEqual(await inTime(waiting), { value: undefined, done: true });
    server.append({ sender: "you", text: "d" });
    server.deliver(server.connection, 4);
    assert.deepEqual(texts(await take(iterate(client), 1)), ["d"]);
});

withServer("A program that takes nothing holds back the server, and still gets its answers", async (server, connect) => {
    const client = connect();
    await stateOf(client, "online");
    const size = 100000;
    const count = 300;
    const payload = Buffer.alloc(size, "x").toString();
    for (let id = 1; id <= count; id++) server.append({ sender: "you", text: payload });
    for (let id = 1; id <= count; id++) server.deliver(server.connection, id);
    await until(() => server.connection.unsent > 10 * size);
    assert.equal((await inTime(client.send("m"))).id, count + 1);
    assert.equal((await take(iterate(client), count)).length, count + 1);
});

withServer("Presence is told", async (server, connect) => {
    const client = connect({ presence: true });
    const told = [];
    client.addEventListener("presence", ({ id, online }) => told.push([id, online]));
    await stateOf(client, "online");
    server.connection.write("ONLINE you\r\nOFFLINE you\r\n");
    await until(() => told.length === 2);
    assert.deepEqual(told, [["you", true], ["you", false]]);
});

// --- connections ---

withServer("history() and who() are asked again after a loss, and answered in order", async (server, connect) => {
    server.append({ sender: "you", text: "a" });
    const { HISTORY } = server.answers;
    server.answers.HISTORY = (connection) => {
        server.answers.HISTORY = HISTORY;
        connection.write("PAST 1 you 1 1\r\na\r\n");
        connection.close();
    };
    const client = connect();
    const [history, users] = await inTime(Promise.all([client.history(1, 1), client.who()]));
    assert.deepEqual([history.first, history.last, texts(history.messages)], [1, 1, ["a"]]);
    assert.deepEqual(users, [{ id: "me", online: true, cursor: 0 }, { id: "you", online: false, cursor: 0 }]);
    await assert.rejects(client.history(1.5, 1), RangeError);
});

withServer("A server that is silent is asked, and given up if it does not answer", async (server, connect) => {
    const client = connect({ ping: { after: 20, within: 50 } });
    await until(() => server.commands.filter((line) => line === "PING").length >= 3);
    assert.equal(server.connections.length, 1);
    server.answers.PING = () => {};
    const { error } = await stateOf(client, "waiting");
    assert.match(error.message, /does not answer/);
    await stateOf(client, "online");
});

test("Several servers are tried one after the other", async () => {
    const [first, second] = [await FakeServer.start(), await FakeServer.start()];
    const client = new Client({ id: "me", servers: ["tcp://127.0.0.1:1", first.url, second.url], backoff });
    try {
        await stateOf(client, "online");
        assert.equal(first.connections.length, 1);
        first.stop();
        await stateOf(client, "online");
        assert.equal(second.connections.length, 1);
    } finally {
        second.stop();
        await client.close();
    }
});

withServer("The pause between attempts grows, and connect() ends it", async (server, connect) => {
    const { url } = server;
    server.stop();
    const client = connect({ servers: url, backoff: { first: 4, longest: 1e6 } });
    const pauses = [];
    client.addEventListener("state", ({ retryAt }) => retryAt && pauses.push(retryAt - Date.now()));
    await until(() => pauses.length === 5);
    assert.ok(pauses[4] > pauses[0], String(pauses));
    client.connect();
    await until(() => pauses.length === 6);
});

test("The browser's `online` ends a pause, and asks a server that may be gone; a closed client does not listen", async () => {
    const browser = new EventTarget();
    for (const name of ["addEventListener", "removeEventListener"]) globalThis[name] = browser[name].bind(browser);
    const server = await FakeServer.start();
    const { LOGIN } = server.answers;
    server.answers.LOGIN = (connection) => connection.close();
    const client = new Client({ id: "me", servers: server.url, backoff: { first: 1e6, longest: 1e6 } });
    try {
        await stateOf(client, "waiting");
        server.answers.LOGIN = LOGIN;
        browser.dispatchEvent(new Event("offline"));
        assert.equal(client.state, "waiting");
        browser.dispatchEvent(new Event("online"));
        await stateOf(client, "online");
        browser.dispatchEvent(new Event("offline"));
        await until(() => server.commands.includes("PING"), "PING");
        await client.close();
        browser.dispatchEvent(new Event("online"));
        assert.equal(client.state, "stopped");
    } finally {
        delete globalThis.addEventListener;
        delete globalThis.removeEventListener;
        await client.close();
        server.stop();
    }
});

// --- the end ---

withServer("close() acknowledges what was taken, waits for BYE, and rejects what has no answer", async (server, connect) => {
    server.append({ sender: "you", text: "a" });
    const { SEND } = server.answers;
    const client = connect();
    const iterator = iterate(client);
    await take(iterator, 1, "live");
    const waiting = iterator.next();
    server.answers.SEND = (connection, ...message) => {
        client.close();
        SEND(connection, ...message);
        server.answers.SEND = () => {};
    };
    const [accepted, lost] = [client.send("a"), client.send("b")];
    assert.equal((await inTime(accepted)).id, 2);
    assert.equal(await codeOf(lost), "closed");
    await inTime(client.close());
    assert.equal((await inTime(waiting)).done, true);
    assert.deepEqual(server.commands.slice(-2), ["ACK 1", "QUIT"]);
    assert.equal(client.state, "stopped");
    assert.equal(await codeOf(client.send("c")), "closed");
    assert.equal(await codeOf(client.who()), "closed");
    client.connect();
    assert.equal(client.state, "stopped");
});

withServer("close() ends at once if the client is offline, even before its first attempt", async (server, connect) => {
    await inTime(connect().close());
    const client = connect({ servers: "tcp://127.0.0.1:1" });
    const receipt = client.send("m");
    await stateOf(client, "waiting");
    await inTime(client.close());
    assert.equal(await codeOf(receipt), "closed");
});

withServer("The next server is tried when the first has stored nothing for 5 s", async (server, connect) => {
    const second = await FakeServer.start();
    try {
        server.answers.SEND = (connection, [seq]) => connection.line(`ERR store-failed ${seq} not now`);
        const receipt = await connect({ servers: [server.url, second.url] }).send("hello");
        assert.equal(receipt.seq, 1n);
        assert.deepEqual(sent(server), []);
        assert.deepEqual(sent(second), ["hello"]);
    } finally {
        second.stop();
    }
});
