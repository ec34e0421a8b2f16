import { session } from "./session.js";

const prefix = () => `belfry/${session.me}/out/`;
let written = 0;

/** If the storage is full, the message is lost at a reload. */
function store({ key, ...entry }) {
    try {
        localStorage[key] = JSON.stringify({ ...entry, isSending: false });
    } catch {
        localStorage.removeItem(key);
    }
    outbox.onchange();
}

async function send(entry) {
    const { client } = session;
    if (entry.isSending || entry.error || client.state !== "online") return;
    entry.isSending = true;
    try {
        const { id } = await client.send(entry.text, {
            seq: entry.seq && BigInt(entry.seq),
            onseq: (seq) => store(Object.assign(entry, { seq: `${seq}`, epoch: client.welcome.epoch })),
        });
        localStorage.removeItem(entry.key);
        // Usually its `sent` event takes it out. A duplicate may have had that in an earlier run.
        if (!id) outbox.discard(entry);
    } catch ({ code = "unknown" }) {
        entry.isSending = false;
        if (client.state !== "stopped") store(Object.assign(entry, { error: code }));
    }
}

/**
 * Own messages that the server has not confirmed. Each one is an item of localStorage, with its seq as soon as it has
 * one. So it is sent again with the same seq after a reload, and the server accepts it once.
 */
export const outbox = {
    /** In the order in which they were written: {key, text, time, seq?, epoch?, error?, isSending?}. */
    entries: [],
    /** Set by the page. */
    onchange: () => {},

    unsent: () => outbox.entries.filter((entry) => !entry.error).length,

    open() {
        const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix()));
        outbox.entries = keys.sort().map((key) => ({ ...JSON.parse(localStorage[key]), key }));
    },

    add(text) {
        const time = Date.now();
        const entry = { key: `${prefix()}${time}-${`${written++}`.padStart(6, 0)}`, text, time };
        outbox.entries.push(entry);
        store(entry);
        send(entry);
    },

    /** Sends what waits. In another epoch a seq means nothing: the new log cannot contain the message. */
    resume() {
        for (const entry of outbox.entries) {
            if (entry.epoch !== session.client.welcome.epoch && !entry.isSending) delete entry.seq;
            send(entry);
        }
    },

    /** Takes out the message that has got its place in the log. */
    confirm(seq) {
        const entry = outbox.entries.find((one) => one.seq === `${seq}`);
        if (entry) outbox.discard(entry);
        return entry;
    },

    /** Sends a failed message as a new one: the server has never accepted it under its seq. */
    retry(entry) {
        delete entry.error;
        delete entry.seq;
        store(entry);
        send(entry);
    },

    discard(entry) {
        outbox.entries = outbox.entries.filter((one) => one !== entry);
        localStorage.removeItem(entry.key);
        outbox.onchange();
    },
};
