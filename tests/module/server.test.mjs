// The client against a real belfryd.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "../../page/belfry.js";
import { makeCertificates } from "./support/certificates.mjs";
import { belfryctl, Server, temporaryFolder } from "./support/server.mjs";
import { inTime, stateOf, take, texts, until } from "./support/waiting.mjs";

let server;
let used = 0;
const clients = [];

before(async () => {
    server = await Server.start("-client_ids", Array.from({ length: 40 }, (_, i) => `c${i}`).join(), "--max-payload", "1000");
});

after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.remove();
});

/** Makes a client with an id that no other test uses. */
function connect(options = {}) {
    const client = new Client({ id: `c${used++}`, servers: server.url, backoff: { first: 5, longest: 50 }, ...options });
    clients.push(client);
    return client;
}

/** Makes an iterator that begins behind everything that the log holds so far. */
async function fromNowOn(client) {
    const iterator = client[Symbol.asyncIterator]();
    await take(iterator, 1, "live");
    return iterator;
}

const pidOf = (id) => server.status().clients.find((client) => client.id === id)?.pid;
const numbers = (count) => Array.from({ length: count }, (_, i) => String(i));

test("Messages arrive in order, with any bytes, and each has its receipt", async () => {
    const [sender, receiver] = [connect(), connect()];
    const iterator = await fromNowOn(receiver);
    const payloads = ["hello", "", "\u{1F514} \u0645\u0631\u062D\u0628\u0627", "\r\nMSG 1 a 1 1\r\n", Uint8Array.from({ length: 256 }, (_, i) => i)];
    const receipts = await inTime(Promise.all(payloads.map((payload) => sender.send(payload))));
    const events = await take(iterator, payloads.length);
    assert.deepEqual(events.map(({ id }) => id), receipts.map(({ id }) => id));
    assert.deepEqual(texts(events).slice(0, 4), payloads.slice(0, 4));
    assert.deepEqual(events[4].payload, payloads[4]);
    assert.equal(events[0].sender, sender.welcome.id);
    assert.ok(Math.abs(events[0].time - Date.now()) < 60000);
});

test("What is sent before the login, and 20,000 messages at once, arrive exactly once", async (t) => {
    const [sender, receiver] = [connect(), connect()];
    const iterator = await fromNowOn(receiver);
    const start = performance.now();
    const receipts = numbers(20000).map((text) => sender.send(text));
    assert.deepEqual(texts(await take(iterator, 20000)), numbers(20000));
    await inTime(Promise.all(receipts));
    t.diagnostic(`${(performance.now() - start).toFixed()} ms`);
});

test("After 200 kills of sessions no message is lost or doubled", async (t) => {
    const [sender, receiver] = [connect({ backoff: { first: 1, longest: 2 } }), connect({ backoff: { first: 1, longest: 2 } })];
    const iterator = await fromNowOn(receiver);
    await until(() => sender.state === "online");
    let logins = 0;
    for (const client of [sender, receiver]) client.addEventListener("state", ({ state }) => (logins += state === "online"));
    const sent = [];
    const receipts = [];
    const received = take(iterator, 2000);
    let isDone = false;
    const sending = (async () => {
        while (!isDone || sent.length < 2000) {
            if (sent.length < 2000) receipts.push(sender.send(sent[sent.push(String(sent.length)) - 1]));
            await new Promise((resolve) => setTimeout(resolve, 1));
        }
    })();
    for (let kills = 0; kills < 200; kills++) {
        const { id } = (kills % 2 ? sender : receiver).welcome;
        const pid = await until(() => pidOf(id), "session");
        process.kill(pid, "SIGKILL");
        await until(() => pidOf(id) !== pid, "end of the session");
    }
    isDone = true;
    await inTime(sending);
    assert.deepEqual(texts(await received), sent);
    const seqs = (await inTime(Promise.all(receipts))).map(({ seq }) => seq);
    assert.equal(new Set(seqs).size, 2000);
    const first = (await sender.history(1, 1e5)).messages.find(({ sender: id, text }) => id === sender.welcome.id && text === "0").id;
    const logged = (await sender.history(first, 1e5)).messages.filter(({ sender: id }) => id === sender.welcome.id);
    assert.deepEqual(texts(logged), sent);
    t.diagnostic(`${logins} logins`);
    assert.ok(logins >= 150);
});

test("While the server is stopped messages wait, and its end and start lose nothing", async () => {
    const own = await Server.start("-client_ids", "a,b");
    const [a, b] = ["a", "b"].map((id) => new Client({ id, servers: own.url, backoff: { first: 5, longest: 50 } }));
    try {
        const iterator = await fromNowOn(b);
        await inTime(a.send("before"));
        const { port } = own;
        await own.stop();
        const receipt = a.send("meanwhile");
        await until(() => a.state === "waiting");
        assert.equal(a.unsent, 1);
        await own.start(port);
        assert.equal((await inTime(receipt)).id, 2);
        assert.deepEqual(texts(await take(iterator, 2)), ["before", "meanwhile"]);
    } finally {
        await Promise.all([a.close(), b.close()]);
        await own.remove();
    }
});

test("What was taken does not come again to the next run of the program, and the rest does", async () => {
    const [sender, first] = [connect(), connect()];
    const { id } = (await stateOf(first, "online")).welcome;
    const iterator = await fromNowOn(first);
    await inTime(Promise.all(["a", "b", "c"].map((text) => sender.send(text))));
    assert.deepEqual(texts(await take(iterator, 2)), ["a", "b"]);
    await inTime(first.close());
    assert.deepEqual(texts(await take(connect({ id })[Symbol.asyncIterator](), 2)), ["b", "c"]);
});

test("An unknown client is refused, and a later login takes over", async () => {
    const refused = await stateOf(connect({ id: "nobody" }), "stopped");
    assert.equal(refused.error.code, "unknown-client");
    const first = connect();
    const { id } = (await stateOf(first, "online")).welcome;
    const takenOver = stateOf(first, "stopped");
    await stateOf(connect({ id }), "online");
    assert.equal((await takenOver).error.code, "taken-over");
});

test("A message above max-payload is rejected as too-large", async () => {
    const client = connect();
    await assert.rejects(client.send("x".repeat(1001)), { code: "too-large" });
    assert.ok((await inTime(client.send("x".repeat(1000)))).id > 0);
});

test("history() reads own messages too, and who() and presence tell who is online", async () => {
    const [observer, other] = [connect({ presence: true }), connect()];
    const seen = [];
    observer.addEventListener("presence", ({ id, online }) => seen.push(`${id} ${online}`));
    await stateOf(observer, "online");
    const { id } = await inTime(observer.send("mine"));
    const { messages, first, last } = await inTime(observer.history(id, 1));
    assert.deepEqual([first, last, messages[0].text, messages[0].sender], [id, id, "mine", observer.welcome.id]);
    assert.deepEqual(await inTime(observer.history(id + 1000000, 5)), { messages: [], first: 0, last: 0 });
    await until(() => other.state === "online");
    const users = await inTime(observer.who());
    assert.equal(users.length, 40);
    assert.ok(users.find((user) => user.id === other.welcome.id).online);
    await other.close();
    await until(() => seen.includes(`${other.welcome.id} false`));
});

test("tls: verifies the server, and carries a secret", async () => {
    const folder = temporaryFolder();
    const { certificate, key, authority, stranger } = makeCertificates(folder);
    const file = join(folder, "clients");
    const secret = belfryctl("--clients", file, "client", "add", "ann").trim().split(/\s+/).pop();
    const own = await Server.start("--clients", file, "--tls-port", "0", "--tls-cert", certificate, "--tls-key", key);
    const port = own.line("belfryd tls on 127.0.0.1:");
    const login = (options) => new Client({ id: "ann", secret, servers: `tls://localhost:${port}`, tls: { ca: readFileSync(authority) }, ...options });
    const all = [];
    const outcome = async (state, options) => {
        all.push(login(options));
        return stateOf(all.at(-1), state);
    };
    try {
        await outcome("online");
        assert.deepEqual(Object.keys(await inTime(all[0].send("m"))), ["seq", "id"]);
        await outcome("online", { servers: `tls://127.0.0.1:${port}` });
        assert.equal((await outcome("stopped", { secret: "wrong" })).error.code, "login-refused");
        const untrusted = await outcome("waiting", { tls: { ca: readFileSync(stranger) } });
        assert.match(untrusted.error.message, /certificate/);
    } finally {
        await Promise.all(all.map((client) => client.close()));
        await own.remove();
        rmSync(folder, { recursive: true });
    }
});
