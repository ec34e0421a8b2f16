// The client plays its part in the conversations of wire/vectors/scenes.json, over TCP.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { Client } from "../../page/belfry.js";
import { bytesOf, latin1, textOf, vectors } from "./support/bytes.mjs";
import { inTime, until } from "./support/waiting.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const withoutUndefined = (object) => JSON.parse(JSON.stringify(object));

/** A LOGIN line as {words, secret}, where the order and the encoding do not matter. */
function loginOf(line) {
    const words = line.split(" ");
    const secret = words.find((word) => word.startsWith("secret="));
    return { words: words.filter((word) => word !== secret).sort(), secret: secret && decodeURIComponent(secret) };
}

function eventOf({ type, id, sender, time, payload, seq, first, last }) {
    const event = { type, id, sender, time, first, last, seq: seq?.toString(), payload: payload && latin1(payload) };
    return withoutUndefined(event);
}

/** Takes the commands out of what the client has written: SENDs with their payloads, and other lines. */
function commandsOf(text) {
    const commands = [];
    for (let at = 0; text.indexOf("\r\n", at) >= 0; ) {
        const line = text.slice(at, text.indexOf("\r\n", at));
        at += line.length + 2;
        const [verb, seq, size] = line.split(" ");
        const payload = verb === "SEND" ? text.slice(at, at + Number(size)) : undefined;
        if (payload !== undefined) at += Number(size) + 2;
        commands.push({ line, verb, seq, payload });
    }
    return commands;
}

class Scene {
    #waiting = []; // sockets that the test has not looked at yet
    #written = "";
    #sends = 0; // how many were expected so far
    #settled = [];
    #next; // a call of next() without a result
    #states = ["connecting"]; // that were not expected so far

    static async play({ secret, presence, servers = 1, steps }) {
        const scene = new Scene();
        scene.listeners = [];
        for (let i = 0; i < servers; i++) {
            const listener = net.createServer((socket) => scene.#waiting.push(socket.on("error", () => {})));
            scene.listeners.push(listener.listen(0, "127.0.0.1"));
            await once(listener, "listening");
        }
        const urls = scene.listeners.map((listener) => `tcp://127.0.0.1:${listener.address().port}`);
        scene.client = new Client({ id: "ann", servers: urls, secret, presence, ack: "manual", backoff: { first: 5, longest: 10 } });
        scene.client.addEventListener("state", ({ state, error }) => {
            scene.#states.push(state);
            if (error) scene.error = error;
        });
        scene.iterator = scene.client[Symbol.asyncIterator]();
        try {
            for (const [i, step] of steps.entries()) {
                const [kind, expected] = Object.entries(step)[0];
                await scene[kind](expected, step).catch((error) => {
                    throw new Error(`step ${i}, ${JSON.stringify(step).slice(0, 200)}: ${error.message}`);
                });
            }
        } finally {
            for (const listener of scene.listeners) listener.close();
            scene.socket?.destroy();
            await scene.client.close();
        }
    }

    async #accept() {
        return until(() => this.#waiting.shift(), "connection");
    }

    async connect(line) {
        this.socket = await this.#accept();
        this.#written = "";
        this.#sends = 0;
        this.#states = [this.client.state];
        this.socket.on("data", (bytes) => (this.#written += latin1(bytes)));
        await until(() => this.#written.endsWith("\n"), "LOGIN");
        assert.deepEqual(loginOf(this.#written.trimEnd()), loginOf(line));
    }

    async fail() {
        (await this.#accept()).destroy();
    }

    async server(bytes) {
        await new Promise((resolve) => this.socket.write(bytesOf(bytes), resolve));
        await pause(10);
    }

    async lose() {
        const { socket } = this;
        socket.end();
        await until(() => socket.closed, "end of the connection");
    }

    async send(payload, { seq }) {
        this.client.send(bytesOf(payload), { seq: seq && BigInt(seq) }).then(
            (receipt) => this.#settled.push(withoutUndefined({ ...receipt, seq: receipt.seq.toString() })),
            ({ code }) => this.#settled.push({ error: code }),
        );
        await pause(1);
    }

    async take(events) {
        for (const event of events) {
            this.#next ??= this.iterator.next();
            const { value } = await inTime(this.#next, "event");
            this.#next = undefined;
            assert.deepEqual(eventOf(value), withoutUndefined({ ...event, payload: event.payload === undefined ? undefined : textOf(event.payload) }));
        }
        if (events.length > 0) return;
        this.#next ??= this.iterator.next();
        const result = await Promise.race([this.#next.catch(() => {}), pause(30)]);
        assert.equal(result, undefined);
    }

    async ack(id) {
        this.client.ack(id);
    }

    async later() {
        await pause(500);
    }

    async sends(expected) {
        const sends = () => commandsOf(this.#written).filter(({ verb }) => verb === "SEND").slice(this.#sends);
        await until(() => sends().length >= expected.length, "SENDs").catch(() => {});
        await pause(10);
        const found = sends().map(({ seq, payload }) => [seq, payload]);
        this.#sends += found.length;
        assert.deepEqual(found, expected.map(([seq, payload]) => [seq, textOf(payload)]));
    }

    async acked(id) {
        const acked = () => commandsOf(this.#written).filter(({ verb }) => verb === "ACK").map(({ seq }) => Number(seq)).pop() ?? null;
        await until(() => acked() === id, `ACK ${id} instead of ${acked()}`);
    }

    async settled(expected) {
        await until(() => this.#settled.length >= expected.length, "answers").catch(() => {});
        const found = this.#settled.splice(0);
        // The module does not tell the seq of a message that was rejected.
        assert.deepEqual(found, expected.map((answer) => answer.error ? { error: answer.error } : answer));
    }

    async state(state) {
        await until(() => this.#states.includes(state), `state ${state}`);
        this.#states.splice(0, this.#states.lastIndexOf(state));
    }

    async stops(codes) {
        await this.state("stopped");
        await this.#hasEnded(codes);
        this.#next?.catch(() => {});
    }

    async gives_up(code) {
        await until(() => this.error, "error");
        assert.ok(this.#states.some((state) => state === "stopped" || state === "waiting"), this.client.state);
        await this.#hasEnded(code);
    }

    async #hasEnded(codes) {
        assert.ok([codes].flat().includes(this.error.code), this.error.code);
        await until(() => this.socket.closed, "end of the connection");
    }
}

const scenes = vectors("scenes.json").map((scene) => ({ name: scene.name, playing: Scene.play(scene).then(() => undefined, (error) => error) }));
for (const { name, playing } of scenes) {
    test(`Scene: ${name}`, async () => {
        const error = await playing;
        if (error) throw error;
    });
}
