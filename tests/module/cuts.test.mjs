// The connection is cut at every byte of a conversation, in both directions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../page/belfry.js";
import { FakeServer } from "./support/fake_server.mjs";
import { inTime, take, texts } from "./support/waiting.mjs";

const theirs = ["first", "line\r\nMSG 9 you 1 1\r\n", "", "\u{1F514} ring", "last"];
const ours = ["one", "two\r\n", "three"];
const backoff = { first: 1, longest: 1 };

/** Sends and receives while the server cuts its first connection. Returns the server for a look at its counts. */
async function converse(cut) {
    const server = await FakeServer.start();
    if (cut) server.cuts = [cut];
    for (const text of theirs) server.append({ sender: "you", text });
    const client = new Client({ id: "me", servers: server.url, backoff });
    try {
        const iterator = client[Symbol.asyncIterator]();
        const sending = Promise.all(ours.map((text) => client.send(text)));
        const history = client.history(2, 1);
        const events = await take(iterator, ours.length, "sent");
        assert.deepEqual(texts(events), theirs);
        const ids = events.filter(({ type }) => type !== "live").map(({ id }) => id);
        assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
        const receipts = await inTime(sending, "receipts");
        assert.deepEqual(receipts.map(({ seq }) => seq), [1n, 2n, 3n]);
        const accepted = server.log.filter(({ seq }) => seq).map(({ payload }) => payload.toString());
        assert.deepEqual(accepted, ours);
        assert.deepEqual(texts((await inTime(history, "history")).messages), [theirs[1]]);
        assert.equal(client.unsent, 0);
        await inTime(client.close(), "end");
        // If the first connection is cut during close(), the acknowledgement may be lost with it.
        if (server.connections.length > 1 || !cut) assert.ok(server.cursor >= 7, `the cursor is ${server.cursor}`);
    } finally {
        await client.close();
        server.stop();
    }
    return server;
}

/** Runs the function for 0 to count - 1, several at a time. */
async function forEach(count, run) {
    let next = 0;
    const work = async () => {
        for (let i; (i = next++) < count; ) await run(i).catch((error) => {
            throw new Error(`cut at byte ${i}: ${error.message}`, { cause: error });
        });
    };
    await Promise.all(Array.from({ length: 20 }, work));
}

test("A stream from the server that is cut at any byte loses and doubles nothing", async (t) => {
    const { bytesOut } = await converse();
    t.diagnostic(`${bytesOut} positions`);
    assert.ok(bytesOut > 300);
    await forEach(bytesOut, async (out) => {
        const server = await converse({ out });
        assert.ok(server.connections.length <= 2);
        if (out < bytesOut - "BYE quit\r\n".length) assert.equal(server.connections.length, 2);
    });
});

test("A stream to the server that is cut at any byte loses and doubles nothing", async (t) => {
    const { bytesIn } = await converse();
    t.diagnostic(`${bytesIn} positions`);
    assert.ok(bytesIn > 80);
    await forEach(bytesIn, async (count) => {
        const server = await converse({ in: count });
        assert.ok(server.connections.length <= 2);
    });
});
