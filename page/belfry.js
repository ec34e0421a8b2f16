// The client library of Belfry for browsers and Node. wire/PROTOCOL.md describes the protocol, belfry.d.ts the interface.
// FrameReader and Conversation use neither sockets nor clocks, transports move bytes, and Client joins them.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Why something was refused, or why a connection was lost. */
export class BelfryError extends Error {
    constructor(code, message = code) {
        super(message);
        this.name = "BelfryError";
        this.code = code;
    }
}

const broken = (message) => new BelfryError("broken-server", message);
const closed = (message) => new BelfryError("closed", message);

/** A change of the client's state. */
export class StateEvent extends Event {
    constructor(state, details) {
        super("state");
        Object.assign(this, { state }, details);
    }
}

/** Another client came online or went offline. */
export class PresenceEvent extends Event {
    constructor(id, online) {
        super("presence");
        Object.assign(this, { id, online });
    }
}

/** A message of the log. Its text is decoded only if somebody asks for it. */
class Message {
    type = "message";

    constructor({ id, sender, time, payload }) {
        Object.assign(this, { id, sender, time, payload });
    }

    get text() {
        return decoder.decode(this.payload);
    }
}

/** A queue whose ends both take constant time on average. */
class Queue {
    #front = []; // in reverse order
    #back;

    constructor(items = []) {
        this.#back = items;
    }

    get length() {
        return this.#front.length + this.#back.length;
    }

    push(item) {
        this.#back.push(item);
    }

    shift() {
        if (this.#front.length === 0) [this.#front, this.#back] = [this.#back.reverse(), []];
        return this.#front.pop();
    }
}

// --- frames ---

const maxLine = 65536;
const maxPayload = 16 << 20;
const maxSeq = 2n ** 63n - 1n;

// A field's reader returns its value, or nothing if the field is missing or malformed.
const matching = (pattern) => (field) => pattern.test(field ?? "") ? field : undefined;
const word = matching(/./s);
const clientId = matching(/^[A-Za-z0-9_.-]{1,32}$/);
const digits = matching(/^[0-9]+$/);
const number = (field) => digits(field) && Math.min(Number(field), Number.MAX_SAFE_INTEGER);
const seq = (field) => digits(field) && (field.length < 20 ? BigInt(field) : maxSeq + 1n);
const message = { id: number, sender: clientId, time: number, size: number };

// The fields of each verb, its options, and those options that may be missing.
const grammar = new Map(Object.entries({
    WELCOME: [
        { id: clientId },
        { epoch: matching(/^[0-9A-Fa-f]{1,32}$/), cursor: number, last: number, seq, "max-payload": number },
        { server: (value) => value, accepted: (value) => seq(value) ?? 0n },
    ],
    MSG: [message],
    PAST: [message],
    SENT: [{ seq, id: number }],
    DUP: [{ seq }],
    LIVE: [{ id: number }],
    GAP: [{ first: number, last: number }],
    END: [{ first: number, last: number }],
    USER: [{ id: clientId, state: matching(/^(on|off)line$/) }, { cursor: number }],
    ONLINE: [{ id: clientId }],
    OFFLINE: [{ id: clientId }],
    PONG: [{ token: (field) => field === undefined ? "" : word(field) }],
    BYE: [{ reason: word }],
}));

/** Returns the frame of a line, or nothing if its verb is unknown. */
function readLine(line) {
    const [verb, ...fields] = line.split(" ");
    const frame = { verb };
    const set = (key, value) => {
        if (value === undefined) throw broken(`unreadable ${verb}`);
        frame[key] = value;
    };
    const isOption = (field) => field.includes("=");
    if (verb === "ERR") {
        set("code", word(fields.shift()));
        const named = fields.shift();
        set("seq", named === "-" ? 0n : seq(named));
        return { ...frame, text: fields.join(" ") };
    }
    if (!grammar.has(verb)) return undefined;
    const [positional, required = {}, optional = {}] = grammar.get(verb);
    const isShort = verb === "END" && fields.every(isOption);
    for (const [key, read] of Object.entries(positional)) if (!isShort) set(key, read(fields.shift()));
    if (!fields.every(isOption)) throw broken(`unreadable ${verb}`);
    for (const [key, read] of Object.entries({ ...required, ...optional })) {
        const values = fields.filter((field) => field.startsWith(`${key}=`)).map((field) => field.slice(key.length + 1));
        if (key in required || values.length > 0) set(key, values.map(read).pop());
    }
    return frame;
}

/**
 * Splits the bytes of a server into frames. It takes linear time, however the bytes are cut. Bytes that were pushed
 * must not change afterwards.
 */
export class FrameReader {
    /** Why the bytes are not the protocol. Then nothing more is read. */
    broken;

    #unread = new Uint8Array(0);
    #at = 0; // where the next line or payload begins in #unread
    #searched = 0; // how many bytes from there on hold no LF
    #room = new Uint8Array(0); // the memory of #unread if it was joined
    #message; // a MSG or PAST that lacks its payload

    /** Returns the frames that these bytes complete. */
    push(bytes) {
        const frames = [];
        if (this.broken) return frames;
        this.#append(bytes);
        try {
            while (this.#message ? this.#readPayload(frames) : this.#readLine(frames));
        } catch (error) {
            this.broken = error.message;
        }
        return frames;
    }

    // The room doubles whenever it is full, so each byte is copied only a few times.
    #append(bytes) {
        const left = this.#unread.subarray(this.#at);
        const end = this.#unread.length;
        if (left.length > 0 && this.#unread.buffer === this.#room.buffer && end + bytes.length <= this.#room.length) {
            this.#room.set(bytes, end);
            this.#unread = this.#room.subarray(0, end + bytes.length);
            return;
        }
        this.#at = 0;
        this.#unread = bytes;
        if (left.length === 0) return;
        this.#room = new Uint8Array(2 * (left.length + bytes.length));
        this.#room.set(left);
        this.#room.set(bytes, left.length);
        this.#unread = this.#room.subarray(0, left.length + bytes.length);
    }

    #readLine(frames) {
        const lf = this.#unread.indexOf(10, this.#at + this.#searched);
        const length = (lf < 0 ? this.#unread.length : lf) - this.#at;
        if (length >= maxLine) throw broken("a line above 64 KiB");
        this.#searched = lf < 0 ? length : 0;
        if (lf < 0) return false;
        const end = length > 0 && this.#unread[lf - 1] === 13 ? lf - 1 : lf;
        const frame = readLine(decoder.decode(this.#unread.subarray(this.#at, end)));
        this.#at = lf + 1;
        if (frame?.size > maxPayload) throw broken("a payload above 16 MiB");
        if (frame?.size >= 0) this.#message = frame;
        else if (frame) frames.push(frame);
        return true;
    }

    #readPayload(frames) {
        const { size, ...frame } = this.#message;
        const end = this.#at + size;
        const lf = this.#unread[end] === 13 ? end + 1 : end;
        if (lf >= this.#unread.length) return false;
        if (this.#unread[lf] !== 10) throw broken("a payload without its ending");
        frames.push({ ...frame, payload: new Uint8Array(this.#unread.subarray(this.#at, end)) });
        this.#at = lf + 1;
        this.#message = undefined;
        return true;
    }
}

// --- the conversation ---

const costOf = (event) => 100 + (event.payload?.length ?? 0);

/** The events that the program was not given yet, and the ids that it has taken. */
class Inbox {
    bytes = 0; // of the waiting events

    #events = new Queue();
    #epoch;
    #seen = 0; // the highest id that was added
    #given = 0; // the highest id that the program was given
    #taken = 0; // the highest id that may be acknowledged
    #acked = 0; // the highest id that the server knows as acknowledged

    /** Begins a session. In another epoch the ids mean nothing: what was not taken comes again if it still exists. */
    begin({ epoch, cursor }) {
        if (this.#epoch !== epoch) {
            this.#events = new Queue();
            this.bytes = this.#seen = this.#given = this.#taken = 0;
        }
        this.#epoch = epoch;
        this.#acked = cursor;
        this.#seen = Math.max(this.#seen, cursor);
    }

    /** Adds an event unless it came before. */
    add(event) {
        if (event.type !== "live") {
            const last = event.last ?? event.id;
            if (last <= this.#seen) return;
            if (event.first <= this.#seen) event.first = this.#seen + 1;
            this.#seen = last;
        }
        this.#events.push(event);
        this.bytes += costOf(event);
    }

    /** Returns the next event for the program, or nothing. */
    give() {
        const event = this.#events.shift();
        if (!event) return undefined;
        this.bytes -= costOf(event);
        if (event.type !== "live") this.#given = event.last ?? event.id;
        return event;
    }

    /** Notes that the program has taken the events up to this id. What it was not given does not count. */
    take(id = this.#given) {
        this.#taken = Math.max(this.#taken, Math.min(id, this.#given));
    }

    /** Returns the command that acknowledges what was taken, or nothing if the server knows. */
    ack() {
        if (this.#taken <= this.#acked) return undefined;
        this.#acked = this.#taken;
        return `ACK ${this.#acked}`;
    }
}

/** The messages without an answer. Each keeps its seq when it is sent again. */
class Unsent {
    #numbered = new Map(); // by their seqs, which ascend
    #fresh = new Queue(); // those without a seq
    #queue = new Queue(); // the numbered ones that were not sent on this connection
    #flying = new Set(); // those that were sent on this connection
    #flyingBytes = 0;
    #last; // the one that was sent last
    #top = 0n; // the highest seq of this client
    #used = 0n; // the highest seq that the server is known to have accepted or refused
    #maxPayload = 0;
    #isPostponed = false; // the store does not work: nothing is sent until sendAllAgain()

    get size() {
        return this.#numbered.size + this.#fresh.length;
    }

    /** Queues a message. A given seq must be above all others, since the server would take a lower one for a repetition. */
    add(entry) {
        if (entry.seq === undefined) return this.#fresh.push(entry);
        if (entry.seq <= this.#top || entry.seq > maxSeq) return entry.reject(new BelfryError("bad-seq", "the seq is too low or too high"));
        this.#number(entry, entry.seq);
        return this.#queue.push(entry);
    }

    #number(entry, seq) {
        entry.seq = this.#top = seq;
        this.#numbered.set(seq, entry);
    }

    begin({ seq, maxPayload }) {
        this.#used = seq;
        this.#maxPayload = maxPayload;
        this.sendAllAgain();
    }

    sendAllAgain() {
        this.#queue = new Queue([...this.#numbered.values()]);
        this.#flying.clear();
        this.#flyingBytes = 0;
        this.#last = undefined;
        this.#isPostponed = false;
    }

    /** Sends messages while the window has room. `write` returns whether it takes more. */
    fill(write) {
        while (!this.#isPostponed && this.#flying.size < 1024 && this.#flyingBytes < 1 << 20) {
            const entry = this.#queue.shift() ?? this.#nextFresh();
            if (!entry) return;
            if (!this.#numbered.has(entry.seq)) continue;
            this.#flying.add(entry);
            this.#flyingBytes += entry.payload.length;
            this.#last = entry;
            if (!write(`SEND ${entry.seq} ${entry.payload.length}`, entry.payload)) return;
        }
    }

    /** Numbers the next message that can be sent. */
    #nextFresh() {
        for (let entry; (entry = this.#fresh.shift()); ) {
            const seq = (this.#top > this.#used ? this.#top : this.#used) + 1n;
            if (entry.payload.length > this.#maxPayload) {
                entry.reject(new BelfryError("too-large", `a message has at most ${this.#maxPayload} bytes`));
            } else if (seq > maxSeq) {
                entry.reject(new BelfryError("bad-seq", "no seq is left"));
            } else if (this.#tell(entry, seq)) {
                return entry;
            }
        }
        return undefined;
    }

    // A program that cannot remember the seq does not want the message sent.
    #tell(entry, seq) {
        try {
            this.#number(entry, seq);
            entry.onseq?.(seq);
            return true;
        } catch (error) {
            this.#numbered.delete(seq);
            entry.reject(error);
            return false;
        }
    }

    #land(entry) {
        if (this.#flying.delete(entry)) this.#flyingBytes -= entry.payload.length;
    }

    #settle(entry) {
        this.#land(entry);
        this.#numbered.delete(entry.seq);
        if (entry.seq > this.#used) this.#used = entry.seq;
    }

    /** Settles a message after SENT, or after DUP, which has no id. */
    accept({ seq, id }) {
        const entry = this.#numbered.get(seq);
        if (!entry) return;
        this.#settle(entry);
        entry.resolve(id === undefined ? { seq } : { seq, id });
    }

    /** Handles an ERR for a message. After a bad seq the next one is numbered as if that had never been used. */
    fail(seq, error) {
        const entry = this.#numbered.get(seq);
        if (!entry) return;
        if (error.code === "store-failed") {
            this.#land(entry);
            this.#isPostponed = true;
            return;
        }
        const used = this.#used;
        this.#settle(entry);
        entry.reject(error);
        if (error.code !== "bad-seq") return;
        this.#used = used;
        this.#top = [...this.#numbered.keys()].pop() ?? 0n;
    }

    /** Tells whether the store refused messages and all others have their answers, which come in order. */
    get canTryAgain() {
        return this.#isPostponed && !this.#flying.has(this.#last);
    }

    rejectAll(error) {
        for (const entry of this.#numbered.values()) entry.reject(error);
        this.#numbered.clear();
        for (let entry; (entry = this.#fresh.shift()); ) entry.reject(error);
    }
}

/** The commands whose answers have several frames. They are asked again on each connection. */
class Questions {
    #open = [];

    get length() {
        return this.#open.length;
    }

    add(question) {
        this.#open.push(question);
    }

    /** Begins a session. Returns the commands to send. */
    begin() {
        return this.#open.map((question) => {
            question.found = [];
            return question.command;
        });
    }

    collect(item) {
        this.#open[0]?.found.push(item);
    }

    end(frame) {
        const question = this.#open.shift();
        question?.resolve(question.answer(question.found, frame));
    }

    fail(error) {
        this.#open.shift()?.reject(error);
    }

    rejectAll(error) {
        while (this.length > 0) this.fail(error);
    }
}

const finalRefusals = ["unknown-client", "login-refused", "tls-required", "bad-line"];

/** What the server's frames mean, over all connections of a client. */
class Conversation {
    inbox = new Inbox();
    unsent = new Unsent();
    questions = new Questions();
    isOnline = false;
    isLeaving = false;
    welcome;

    #lastError; // the server may have closed the connection because of it

    /** Handles a frame. Returns what the client has to do: `welcome`, `stop`, `lose` or `tell`; often nothing. */
    take(frame) {
        return this[frame.verb]?.(frame) ?? {};
    }

    WELCOME({ id, epoch, cursor, last, seq, accepted = 0n, server = "", "max-payload": maxPayload }) {
        this.welcome = { id, epoch, cursor, last, seq: accepted > seq ? accepted : seq, maxPayload, server };
        this.isOnline = true;
        this.#lastError = undefined;
        this.inbox.begin(this.welcome);
        this.unsent.begin(this.welcome);
        return { welcome: this.welcome };
    }

    #deliver(event) {
        if (!this.isLeaving) this.inbox.add(event);
    }

    MSG(frame) {
        this.#deliver(new Message(frame));
    }

    SENT({ seq, id }) {
        this.unsent.accept({ seq, id });
        this.#deliver({ type: "sent", id, seq });
    }

    DUP({ seq }) {
        this.unsent.accept({ seq });
    }

    LIVE({ id }) {
        this.#deliver({ type: "live", id });
    }

    // An own message may be missing whose SENT was lost. The server answers it with DUP.
    GAP({ first, last }) {
        this.#deliver({ type: "gap", first, last });
        this.unsent.sendAllAgain();
    }

    PAST(frame) {
        this.questions.collect(new Message(frame));
    }

    USER({ id, state, cursor }) {
        this.questions.collect({ id, online: state === "online", cursor });
    }

    END(frame) {
        this.questions.end(frame);
    }

    ONLINE({ id }) {
        return { tell: new PresenceEvent(id, true) };
    }

    OFFLINE({ id }) {
        return { tell: new PresenceEvent(id, false) };
    }

    ERR({ code, seq, text }) {
        const error = new BelfryError(code, text || code);
        if (!this.isOnline) return finalRefusals.includes(code) ? { stop: error } : { lose: error };
        if (seq > 0n) this.unsent.fail(seq, error);
        else if (code === "bad-line" || code === "unknown-command") this.questions.fail(error);
        else this.#lastError = error;
        return undefined;
    }

    BYE({ reason }) {
        if (reason === "taken-over") return { stop: new BelfryError(reason, "another login has taken over") };
        return { lose: this.#lastError ?? closed(`the server ended the connection: ${reason}`) };
    }
}

// --- transports: each has write(), which returns whether it takes more, pause(), resume() and close() ---

class WebSocketTransport {
    isPaused = false;

    #socket;

    constructor(url, tls, on) {
        this.#socket = new WebSocket(url, "belfry.v1");
        this.#socket.binaryType = "arraybuffer";
        this.on = on;
        this.#socket.onopen = () => this.on?.opened();
        this.#socket.onmessage = ({ data }) =>
            this.on?.received(typeof data === "string" ? encoder.encode(data) : new Uint8Array(data));
        this.#socket.onclose = ({ code }) => this.on?.ended(`the connection was closed (${code})`);
    }

    write(bytes) {
        this.#socket.send(bytes);
        if (this.#socket.bufferedAmount < 1 << 20) return true;
        this.#awaitDrain();
        return false;
    }

    // A WebSocket does not tell when its buffer has room.
    #awaitDrain() {
        if (!this.on) return;
        if (this.#socket.bufferedAmount < 1 << 20) this.on.drained();
        else setTimeout(() => this.#awaitDrain(), 50);
    }

    pause() {}

    resume() {}

    close() {
        this.on = undefined;
        this.#socket.close();
    }
}

class SocketTransport {
    #socket;

    constructor(url, tls, on) {
        this.on = on;
        this.#connect(url, tls).catch((error) => this.on?.ended(error.message));
    }

    async #connect({ protocol, hostname, port }, options) {
        const host = hostname.replace(/^\[|\]$/g, "");
        const { connect } = await import(protocol === "tls:" ? "node:tls" : "node:net");
        if (!this.on) return;
        const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
        const socket = connect({ host, port: Number(port), ...name, ...(protocol === "tls:" ? options : {}) });
        this.#socket = socket.setNoDelay(true);
        let why = "the connection was closed";
        socket.on(protocol === "tls:" ? "secureConnect" : "connect", () => this.on?.opened());
        socket.on("data", (data) => this.on?.received(data));
        socket.on("drain", () => this.on?.drained());
        socket.on("error", (error) => (why = error.message || error.code));
        socket.on("close", () => this.on?.ended(why));
    }

    get isPaused() {
        return this.#socket.isPaused();
    }

    // What is written in one turn leaves together.
    write(bytes) {
        if (this.#socket.writableCorked === 0) {
            this.#socket.cork();
            queueMicrotask(() => this.#socket.uncork());
        }
        return this.#socket.write(bytes);
    }

    pause() {
        this.#socket.pause();
    }

    resume() {
        this.#socket.resume();
    }

    close() {
        this.on = undefined;
        this.#socket?.unref().destroySoon();
    }
}

const transports = { "ws:": WebSocketTransport, "wss:": WebSocketTransport, "tcp:": SocketTransport, "tls:": SocketTransport };

// --- the client ---

class Backoff {
    constructor({ first = 250, longest = 10000 } = {}) {
        Object.assign(this, { first, longest, range: first });
    }

    next() {
        const pause = this.range * (0.5 + Math.random() / 2);
        this.range = Math.min(2 * this.range, this.longest);
        return pause;
    }

    reset() {
        this.range = this.first;
    }
}

/** Timers with names. One that is set again replaces the earlier one. */
class Timers {
    #running = new Map();

    has(name) {
        return this.#running.has(name);
    }

    set(name, ms, action) {
        clearTimeout(this.#running.get(name));
        const run = () => {
            this.#running.delete(name);
            action();
        };
        this.#running.set(name, setTimeout(run, ms));
    }

    clearAll() {
        for (const timer of this.#running.values()) clearTimeout(timer);
        this.#running.clear();
    }
}

const isPrivate = ({ protocol, hostname }) =>
    protocol === "wss:" || protocol === "tls:" || /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);

function percentEncoded(secret) {
    const hex = (byte) => `%${byte.toString(16).padStart(2, "0")}`;
    return Array.from(encoder.encode(secret), hex).join("");
}

/** Returns the first command of each connection. */
function loginOf({ id, secret, presence }) {
    if (!clientId(id)) throw new TypeError("not a client-id");
    const bytes = encoder.encode(secret);
    if (secret && (bytes.length > 256 || bytes.includes(0))) throw new TypeError("a secret has at most 256 bytes, none of them NUL");
    return `LOGIN ${id} ack=manual${presence ? " presence=on" : ""}${secret ? ` secret=${percentEncoded(secret)}` : ""}`;
}

function urlsOf(servers) {
    const urls = [servers].flat().map((server) => new URL(server));
    const isKnown = ({ protocol, port }) => protocol in transports && (port || protocol.startsWith("ws"));
    if (urls.length === 0 || !urls.every(isKnown)) throw new TypeError("servers are ws:, wss:, tcp://HOST:PORT or tls://HOST:PORT");
    return urls;
}

/** Marks a rejection as handled, since a program may leave its promises alone. */
function handled(promise) {
    promise.catch(() => {});
    return promise;
}

/** A client that stays logged in. belfry.d.ts describes it. */
export class Client extends EventTarget {
    #options;
    #login;
    #servers;
    #server = 0; // the one in use
    #failures = 0; // since the last login
    #transport;
    #reader;
    #talk = new Conversation();
    #state = "connecting";
    #error; // why the client waits or has stopped
    #timers = new Timers();
    #retries;
    #resends = new Backoff({ first: 100, longest: 2000 });
    #heard = 0; // when bytes came last
    #isCongested = false;
    #wakers = [];
    #leaving; // settles when close() is done
    #left;

    constructor(options) {
        super();
        this.#options = { ack: "taken", ...options };
        this.#login = loginOf(options);
        this.#servers = urlsOf(options.servers);
        this.#retries = new Backoff(options.backoff);
        for (const name of ["online", "offline"]) globalThis.addEventListener?.(name, this.#nudge);
        globalThis.document?.addEventListener("visibilitychange", this.#nudge);
        queueMicrotask(() => this.#dial()); // the program adds its listeners first
    }

    get state() {
        return this.#state;
    }

    get welcome() {
        return this.#talk.welcome;
    }

    get unsent() {
        return this.#talk.unsent.size;
    }

    send(payload, { seq, onseq } = {}) {
        return handled(new Promise((resolve, reject) => {
            if (this.#leaving) throw closed("the client was closed");
            const bytes = typeof payload === "string" ? encoder.encode(payload) : Uint8Array.from(payload);
            this.#talk.unsent.add({ seq, onseq, payload: bytes, resolve, reject });
            queueMicrotask(() => this.#pump());
        }));
    }

    ack(id) {
        this.#talk.inbox.take(id);
        this.#ackSoon();
    }

    history(first, count) {
        return this.#ask(`HISTORY ${BigInt(first)} ${BigInt(count)}`, (messages, { first = 0, last = 0 }) => ({ messages, first, last }));
    }

    who() {
        return this.#ask("WHO", (users) => users);
    }

    #ask(command, answer) {
        return handled(new Promise((resolve, reject) => {
            if (this.#leaving || this.#state === "stopped") throw this.#error ?? closed("the client was closed");
            this.#talk.questions.add({ command, answer, found: [], resolve, reject });
            if (this.#talk.isOnline) this.#write(command);
            this.#balance();
        }));
    }

    connect() {
        if (this.#state === "waiting" || this.#state === "stopped") this.#dial();
    }

    close() {
        if (!this.#leaving) {
            this.#leaving = new Promise((resolve) => (this.#left = resolve));
            this.#wake();
            if (this.#talk.isOnline) this.#quit();
            else this.#finish();
        }
        return this.#leaving;
    }

    [Symbol.asyncIterator]() {
        const done = { value: undefined, done: true };
        let hasReturned = false;
        return {
            next: async () => {
                if (!hasReturned && !this.#leaving && this.#options.ack === "taken") this.ack();
                while (!hasReturned && !this.#leaving) {
                    const value = this.#talk.inbox.give();
                    if (value) {
                        this.#balance();
                        return { value, done: false };
                    }
                    if (this.#state === "stopped") throw this.#error;
                    await new Promise((resolve) => this.#wakers.push(resolve));
                }
                return done;
            },
            return: async () => {
                hasReturned = true;
                this.#wake();
                return done;
            },
        };
    }

    #wake() {
        for (const resolve of this.#wakers.splice(0)) resolve();
    }

    // --- from a pause to a login ---

    #dial() {
        if (this.#leaving) return;
        this.#drop();
        if (this.#options.secret && !this.#servers.every(isPrivate)) {
            this.#stop(new BelfryError("tls-required", "a secret is sent to another machine only over TLS"));
            return;
        }
        this.#enter("connecting");
        this.#timers.set("login", 15000, () => this.#lose(closed("no answer to the login")));
        this.#reader = new FrameReader();
        const url = this.#servers[this.#server];
        try {
            this.#transport = new transports[url.protocol](url, this.#options.tls, {
                opened: () => this.#write(this.#login),
                received: (bytes) => this.#receive(bytes),
                drained: () => this.#drain(),
                ended: (why) => this.#lose(closed(why)),
            });
        } catch (error) {
            this.#timers.set("login", 0, () => this.#lose(closed(error.message)));
        }
    }

    #receive(bytes) {
        const transport = this.#transport;
        this.#heard = Date.now();
        for (const frame of this.#reader.push(bytes)) {
            const { welcome, stop, lose, tell } = this.#talk.take(frame);
            if (frame.verb === "SENT") this.#resends.reset();
            if (welcome) this.#begin(welcome);
            if (stop) this.#stop(stop);
            if (lose) this.#lose(lose);
            if (tell) this.dispatchEvent(tell);
            if (this.#transport !== transport) return;
        }
        if (this.#reader.broken) this.#lose(broken(this.#reader.broken));
        this.#pump();
        this.#wake();
    }

    #begin(welcome) {
        this.#timers.clearAll();
        this.#failures = 0;
        this.#retries.reset();
        this.#isCongested = false;
        this.#listen();
        this.#ackSoon();
        for (const command of this.#talk.questions.begin()) this.#write(command);
        this.#enter("online", { welcome });
    }

    // --- online ---

    #write(command, payload) {
        const line = encoder.encode(`${command}\r\n`);
        if (!payload) return this.#transport.write(line);
        const bytes = new Uint8Array(line.length + payload.length + 2);
        bytes.set(line);
        bytes.set(payload, line.length);
        bytes.set([13, 10], line.length + payload.length);
        return this.#transport.write(bytes);
    }

    #pump() {
        const { isOnline, isLeaving, unsent } = this.#talk;
        if (!isOnline || isLeaving) return;
        if (!this.#isCongested) unsent.fill((command, payload) => !(this.#isCongested = !this.#write(command, payload)));
        if (unsent.canTryAgain && !this.#timers.has("resend")) {
            this.#timers.set("resend", this.#resends.next(), () => {
                unsent.sendAllAgain();
                this.#pump();
            });
        }
        this.#balance();
    }

    #drain() {
        this.#isCongested = false;
        this.#pump();
    }

    // While the program does not iterate, the server waits. But it must not wait if an answer is due behind the events.
    #balance() {
        const { isOnline, isLeaving, inbox, unsent, questions } = this.#talk;
        if (!isOnline) return;
        const needsAnswer = isLeaving || unsent.size + questions.length > 0;
        if (needsAnswer || inbox.bytes < 1 << 20) this.#transport.resume();
        else if (inbox.bytes > 4 << 20) this.#transport.pause();
    }

    #ackSoon() {
        if (this.#talk.isOnline && !this.#timers.has("ack")) this.#timers.set("ack", 100, () => this.#ackNow());
    }

    #ackNow() {
        const command = this.#talk.inbox.ack();
        if (command) this.#write(command);
    }

    // --- dead connections ---

    #listen() {
        const { after = 30000 } = this.#options.ping ?? {};
        const left = this.#transport.isPaused ? after : this.#heard + after - Date.now();
        if (left > 0) this.#timers.set("silence", left, () => this.#listen());
        else this.#probe();
    }

    // A timer that fires much too late has slept with the machine, and then the answer could not come.
    #probe() {
        const { within = 10000 } = this.#options.ping ?? {};
        const asked = Date.now();
        this.#write("PING");
        this.#timers.set("silence", within, () => {
            if (this.#heard >= asked) this.#listen();
            else if (Date.now() - asked > within + 5000) this.#probe();
            else this.#lose(closed("the server does not answer"));
        });
    }

    /** Looks at once when the network or the page has come back. */
    #nudge = ({ type }) => {
        if (globalThis.document?.hidden) return;
        if (this.#talk.isOnline) this.#probe();
        else if (this.#state === "waiting" && type !== "offline") this.#dial();
    };

    // --- losses and the end ---

    #enter(state, details) {
        if (state === "connecting" && this.#state === state) return;
        this.#state = state;
        this.#error = details?.error;
        this.#wake();
        this.dispatchEvent(new StateEvent(state, details));
    }

    #drop() {
        this.#timers.clearAll();
        this.#transport?.close();
        this.#transport = undefined;
        this.#talk.isOnline = false;
    }

    #lose(error) {
        const wasOnline = this.#talk.isOnline;
        this.#drop();
        if (this.#leaving) return this.#finish();
        this.#server = (this.#server + 1) % this.#servers.length;
        if (!wasOnline && ++this.#failures % this.#servers.length !== 0) return this.#dial();
        const pause = error.code === "broken-server" ? this.#retries.longest : this.#retries.next();
        this.#timers.set("retry", pause, () => this.#dial());
        return this.#enter("waiting", { error, retryAt: Date.now() + pause });
    }

    #stop(error) {
        this.#drop();
        if (this.#leaving) return this.#finish();
        this.#talk.questions.rejectAll(error);
        return this.#enter("stopped", { error });
    }

    #quit() {
        this.#talk.isLeaving = true;
        this.#ackNow();
        this.#write("QUIT");
        this.#balance();
        this.#timers.set("quit", 5000, () => this.#finish());
    }

    #finish() {
        const error = closed("the client was closed");
        this.#drop();
        for (const name of ["online", "offline"]) globalThis.removeEventListener?.(name, this.#nudge);
        globalThis.document?.removeEventListener("visibilitychange", this.#nudge);
        this.#talk.unsent.rejectAll(error);
        this.#talk.questions.rejectAll(error);
        this.#enter("stopped", { error });
        this.#left();
    }
}
