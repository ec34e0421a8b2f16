// The client over WebSocket, against a real belfryd and its gate.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../../page/belfry.js";
import { kill, Server } from "./support/server.mjs";
import { inTime, stateOf, take, texts, until } from "./support/waiting.mjs";
import "./support/websocket.mjs";

const backoff = { first: 5, longest: 50 };
let server;
let servers;

before(async () => {
    server = await Server.start("-client_ids", "a,b,c,d,e,f", "--web-port", "0", "--max-payload", "1M");
    servers = server.line("belfryd web on ").replace("http", "ws") + "ws";
});

after(() => server.remove());

/** Runs a test with clients of these ids, which are closed afterwards. */
function withClients(name, ids, run) {
    test(name, async () => {
        const clients = ids.map((id) => new Client({ id, servers, backoff }));
        try {
            await run(...clients);
        } finally {
            await Promise.all(clients.map((client) => client.close()));
        }
    });
}

withClients("WebSocket: messages of any size arrive in order", ["a", "b"], async (a, b) => {
    const payloads = ["hello", "", "x".repeat(200), "y".repeat(70000), "z".repeat(1 << 20)];
    const receipts = await inTime(Promise.all(payloads.map((text) => a.send(text))));
    assert.deepEqual(receipts.map(({ seq }) => seq), [1n, 2n, 3n, 4n, 5n]);
    assert.deepEqual(texts(await take(b[Symbol.asyncIterator](), payloads.length)), payloads);
    assert.equal((await inTime(a.who())).length, 6);
});

withClients("WebSocket: after kills of sessions and relays no message is lost or doubled", ["c", "d"], async (c, d) => {
    const iterator = d[Symbol.asyncIterator]();
    await take(iterator, 1, "live");
    const sent = [];
    const receipts = [];
    for (let kills = 0; kills < 40; kills++) {
        const victim = () => kills % 2 ? server.sessionOf(kills % 4 === 1 ? "c" : "d") : server.webRelays()[0];
        await until(() => {
            const pid = victim();
            return pid && kill(pid);
        }, "process");
        for (let i = 0; i < 10; i++) receipts.push(c.send(sent[sent.push(`${kills}.${i}`) - 1]));
    }
    await inTime(Promise.all(receipts));
    assert.deepEqual(texts(await take(iterator, sent.length)), sent);
});

withClients("WebSocket: while the program takes nothing some MiB are kept, and the rest is read later", ["a", "f"], async (a, f) => {
    const texts = Array.from({ length: 20 }, (_, number) => `${number} `.padEnd(1 << 20));
    await inTime(Promise.all(texts.map((text) => a.send(text))));
    // Its answer stands behind all of them.
    await inTime(f.send("last"));
    let kept = 0;
    const again = stateOf(f, "connecting").then(() => kept);
    const found = [];
    for await (const event of f) {
        if (event.type !== "message") continue;
        kept += event.payload.length;
        if (event.text.endsWith(" ")) found.push(event.text);
        if (found.length === texts.length) break;
    }
    assert.deepEqual(found.map((text) => text.trim()), texts.map((text) => text.trim()));
    assert.ok((await again) <= 18 << 20, `${await again} bytes`);
});

withClients("WebSocket: a later login takes over, and close() ends the connection", ["e"], async (e) => {
    await stateOf(e, "online");
    const stopped = stateOf(e, "stopped");
    const other = new Client({ id: "e", servers, backoff });
    assert.equal((await stopped).error.code, "taken-over");
    await inTime(other.close());
});
