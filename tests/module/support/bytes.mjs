// The notation of wire/vectors/: a text whose characters stand for one byte each, or a list of texts and repetitions.

import { readFileSync } from "node:fs";

export const vectors = (name) => JSON.parse(readFileSync(new URL(`../../../wire/vectors/${name}`, import.meta.url), "utf8"));

export const textOf = (parts) =>
    [parts].flat().map((part) => typeof part === "string" ? part : part.repeat.repeat(part.times)).join("");

export const bytesOf = (parts) => Uint8Array.from(Buffer.from(textOf(parts), "latin1"));
export const latin1 = (bytes) => Buffer.from(bytes).toString("latin1");
