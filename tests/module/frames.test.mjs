// The parser finds what wire/vectors/frames.json says, however the bytes are cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReader } from "../../page/belfry.js";
import { bytesOf, latin1, textOf, vectors } from "./support/bytes.mjs";

/** Writes a frame as the vectors do. */
function written({ verb, id, time, seq, accepted, state, text, ...rest }) {
    const frame = { verb, ...rest };
    if (typeof id === "string") frame.client_id = id;
    else if (id !== undefined) frame.id = id;
    if (time !== undefined) frame.ms = time;
    if (seq !== undefined) frame.seq = String(seq);
    if (state) frame.online = state === "online";
    if (text !== undefined) frame.text = latin1(Buffer.from(text));
    if (rest.payload) frame.payload = latin1(rest.payload);
    if (verb !== "WELCOME") return frame;
    const { "max-payload": max_payload, server = "", ...welcome } = frame;
    return { ...welcome, max_payload, server, accepted: String(accepted ?? 0) };
}

function read(pieces) {
    const reader = new FrameReader();
    const frames = pieces.flatMap((piece) => reader.push(piece)).map(written);
    return { frames, garbled: reader.broken !== undefined };
}

function* cutsOf(bytes) {
    yield [bytes];
    const step = Math.max(1, Math.floor(bytes.length / 500));
    for (let at = 1; at < bytes.length; at += step) yield [bytes.subarray(0, at), bytes.subarray(at)];
    yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

for (const { name, bytes, frames, garbled = false } of vectors("frames.json")) {
    const expected = { garbled, frames: frames.map((frame) => "payload" in frame ? { ...frame, payload: textOf(frame.payload) } : frame) };
    test(`Frames: ${name}`, () => {
        for (const pieces of cutsOf(bytesOf(bytes))) assert.deepEqual(read(pieces), expected);
    });
}

test("The time to read a payload grows linearly with its size, even if each byte comes alone", (t) => {
    const millisecondsFor = (size) => {
        const reader = new FrameReader();
        const start = performance.now();
        reader.push(Buffer.from(`MSG 1 bob 5 ${size}\r\n`));
        const one = Uint8Array.of(120);
        for (let i = 0; i < size; i++) reader.push(one);
        assert.equal(reader.push(Buffer.from("\r\n"))[0].payload.length, size);
        return performance.now() - start;
    };
    millisecondsFor(1 << 16);
    for (const size of [1 << 18, 1 << 20]) t.diagnostic(`${size} bytes: ${millisecondsFor(size).toFixed()} ms`);
});

test("A payload does not share its memory with the bytes that were pushed", () => {
    const bytes = Buffer.from("MSG 1 bob 5 2\r\nhi\r\n");
    const [{ payload }] = new FrameReader().push(bytes);
    bytes.fill(0);
    assert.deepEqual(payload, Uint8Array.of(104, 105));
    assert.equal(payload.constructor, Uint8Array);
});
