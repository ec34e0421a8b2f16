// The client over WebSocket, against a real belfryd and its gate.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../../page/belfry.js";
import { Server } from "./support/server.mjs";
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

withClients("WebSocket: after kills of sessions no message is lost or doubled", ["c", "d"], async (c, d) => {
    const iterator = d[Symbol.asyncIterator]();
    await take(iterator, 1, "live");
    const sent = [];
    const receipts = [];
    for (let kills = 0; kills < 40; kills++) {
        const id = kills % 2 ? "c" : "d";
        const pid = await until(() => server.status().clients.find((client) => client.id === id).pid);
        process.kill(pid, "SIGKILL");
        for (let i = 0; i < 10; i++) receipts.push(c.send(sent[sent.push(`${kills}.${i}`) - 1]));
        await until(() => server.status().clients.find((client) => client.id === id).pid !== pid);
    }
    await inTime(Promise.all(receipts));
    assert.deepEqual(texts(await take(iterator, sent.length)), sent);
});

withClients("WebSocket: a later login takes over, and close() ends the connection", ["e"], async (e) => {
    await stateOf(e, "online");
    const stopped = stateOf(e, "stopped");
    const other = new Client({ id: "e", servers, backoff });
    assert.equal((await stopped).error.code, "taken-over");
    await inTime(other.close());
});
