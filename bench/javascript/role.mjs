// One measurement in a process of its own: `role.mjs PART NAME WHERE SECRET COUNT [MODULES]` prints messages a second.

import { once } from "node:events";
import { createRequire } from "node:module";
import { Client } from "../../page/belfry.js";

const inFlight = 1000;
const payload = new Uint8Array(64).fill(120);
const [part, name, where, secret, number, modules] = process.argv.slice(2);
const count = Number(number);

/** Tells the parent that messages may come, and waits until they do. */
async function ready() {
    console.log("ready");
    await once(process.stdin, "data");
    process.stdin.unref();
}

/** Publishes with `publish`, whose promise is settled at the answer, and waits until all have theirs. */
async function publishInWindow(publish, count) {
    const window = [];
    for (let i = 0; i < count; i++) {
        if (i >= inFlight) await window[i % inFlight];
        window[i % inFlight] = publish();
    }
    await Promise.all(window);
}

async function takeMessages(iterable, count, isMessage = () => true) {
    for await (const event of iterable) if (isMessage(event) && --count === 0) return;
}

const packageOf = (name) => createRequire(`${modules}/`)(name);
const connectToNats = () => packageOf("nats").connect({ port: Number(where) });
const connectToRedis = () => new (packageOf("ioredis").Redis)({ port: Number(where), enableAutoPipelining: true });

const parts = {
    async "publish belfry"() {
        const client = new Client({ id: "ann", servers: where, secret });
        await client.send("first");
        return { work: () => publishInWindow(() => client.send(payload), count), close: () => client.close() };
    },
    async "receive belfry"() {
        const client = new Client({ id: "bob", servers: where, secret });
        const iterator = client[Symbol.asyncIterator]();
        await iterator.next();
        await ready();
        const rest = { [Symbol.asyncIterator]: () => iterator };
        return { work: () => takeMessages(rest, count, ({ type }) => type === "message"), close: () => client.close() };
    },
    // A server of NATS answers no publication. It answers a flush, so half of the window is flushed at a time.
    async "publish nats"() {
        const connection = await connectToNats();
        const work = async () => {
            let before;
            for (let left = count; left > 0; left -= inFlight / 2) {
                for (let i = 0; i < Math.min(left, inFlight / 2); i++) connection.publish("log", payload);
                const flushed = connection.flush();
                await before;
                before = flushed;
            }
            await before;
        };
        return { work, close: () => connection.close() };
    },
    async "receive nats"() {
        const connection = await connectToNats();
        const subscription = connection.subscribe("log");
        await connection.flush();
        await ready();
        return { work: () => takeMessages(subscription, count), close: () => connection.close() };
    },
    async "publish ioredis"() {
        const redis = connectToRedis();
        const text = Buffer.from(payload);
        await redis.publish("log", "first");
        return { work: () => publishInWindow(() => redis.publish("log", text), count), close: () => redis.quit() };
    },
    async "receive ioredis"() {
        const redis = connectToRedis();
        await redis.subscribe("log");
        await ready();
        const all = new Promise((resolve) => redis.on("messageBuffer", () => --left === 0 && resolve()));
        let left = count;
        return { work: () => all, close: () => redis.quit() };
    },
};

const { work, close } = await parts[`${part} ${name}`]();
const began = performance.now();
await work();
console.log(String(count / (performance.now() - began) * 1000));
await close();
