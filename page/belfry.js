// The client library of Belfry for browsers and Node. belfry.d.ts describes it, and wire/PROTOCOL.md the protocol.
// FrameReader, Inbox and Unsent use neither sockets nor clocks, transports move bytes, and Client joins them.

const encoder = new TextEncoder();
const lineEnd = encoder.encode("\r\n");
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class BelfryError extends Error {
    constructor(code, message = code) {
        Object.assign(super(message), { name: "BelfryError", code });
    }
}

const broken = (message) => new BelfryError("broken-server", message);
const closed = (message = "the client was closed") => new BelfryError("closed", message);

export class StateEvent extends Event {
    constructor(state, details) {
        Object.assign(super("state"), { state }, details);
    }
}

export class PresenceEvent extends Event {
    constructor(id, online) {
        Object.assign(super("presence"), { id, online });
    }
}

class Message {
    type = "message";

    constructor({ id, sender, time, payload }) {
        this.id = id;
        this.sender = sender;
        this.time = time;
        this.payload = payload;
    }

    get text() {
        return decoder.decode(this.payload);
    }
}

/** A queue whose shift() takes constant time on average. */
class Queue {
    // The items at the front, in reverse order.
    #front = [];
    #back = [];

    get length() {
        return this.#front.length + this.#back.length;
    }

    push(item) {
        this.#back.push(item);
    }

    shift() {
        if (this.#front.length === 0) [this.#front, this.#back] = [this.#back.reverse(), this.#front];
        return this.#front.pop();
    }
}

function joined(pieces) {
    if (pieces.length === 1) return pieces[0];
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
        bytes.set(piece, at);
        at += piece.length;
    }
    return bytes;
}

// --- frames ---

const maxLine = 65536;
const maxPayload = 16 << 20;
const maxSeq = 2n ** 63n - 1n;

// A reader returns the value of a field, or nothing if the field is malformed or must not be missing.
const matching = (pattern) => (field) => pattern.test(field ?? "") ? field : undefined;
const word = matching(/./s);
const digits = matching(/^\d+$/);
// Ids are smaller, and a Date can have no later time.
const number = (field) => digits(field) && Math.min(Number(field), 864e13);
const seq = (field) => digits(field) && BigInt(field);
const client = matching(/^[\w.-]{1,32}$/);
const readers = {
    accepted: (field) => seq(field) ?? 0n,
    client,
    code: word,
    epoch: matching(/^[\da-f]{1,32}$/i),
    reason: word,
    refused: (field) => field === "-" ? 0n : seq(field),
    sender: client,
    seq,
    server: (field = "") => field,
    state: matching(/^(on|off)line$/),
    token: (field) => field === undefined ? "" : word(field),
};

const readersOf = (names) => names.split(" ").map((name) => [name, readers[name] ?? number]);

// For each verb its fields and its options. Fields without a reader are numbers.
const grammar = new Map(Object.entries({
    WELCOME: "client|epoch cursor last seq max-payload server accepted",
    MSG: "id sender time size",
    PAST: "id sender time size",
    SENT: "seq id",
    DUP: "seq",
    LIVE: "id",
    GAP: "first last",
    END: "first last",
    USER: "client state|cursor",
    ONLINE: "client",
    OFFLINE: "client",
    PONG: "token",
    ERR: "code refused",
    BYE: "reason",
}).map(([verb, lists]) => [verb, lists.split("|").map(readersOf)]));

const isOption = (field) => field.includes("=");

function readField(frame, [name, read], field) {
    if ((frame[name] = read(field)) === undefined) throw broken(`unreadable ${frame.verb}`);
}

// Nearly all lines. They are read without the grammar.
const usual = /^MSG (\d{1,15}) ([\w.-]{1,32}) (\d{1,15}) (\d{1,8})$/;

/** Returns the frame of a line, or nothing if its verb is unknown. */
function readLine(line) {
    const found = usual.exec(line);
    if (found) return { verb: "MSG", id: +found[1], sender: found[2], time: +found[3], size: +found[4] };
    const [verb, ...fields] = line.split(" ");
    const [names, options = []] = grammar.get(verb) ?? [];
    if (!names) return undefined;
    const frame = { verb };
    // The answer to WHO ends without ids.
    if (verb === "END" && fields.every(isOption)) return frame;
    for (const name of names) readField(frame, name, fields.shift());
    if (verb === "ERR") return { ...frame, text: fields.join(" ") };
    if (!fields.every(isOption)) throw broken(`unreadable ${verb}`);
    for (const option of options) {
        const key = `${option[0]}=`;
        const given = fields.filter((field) => field.startsWith(key));
        for (const field of given.length ? given : [""]) readField(frame, option, field.slice(key.length) || undefined);
    }
    return frame;
}

/** Splits the bytes of a server into frames, in linear time however they are cut. */
export class FrameReader {
    /** Why the bytes are not the protocol. Then nothing more is read. */
    broken;

    // What came of a line or payload that is not complete, and its size.
    #pieces = [];
    #size = 0;
    // A MSG or PAST whose payload is not complete.
    #message;

    push({ buffer, byteOffset, length }) {
        const frames = [];
        // Views of a Buffer of Node would be slow.
        const bytes = new Uint8Array(buffer, byteOffset, length);
        this.#pieces.push(bytes);
        this.#size += length;
        const isEnough = this.#message ? this.#size > this.#message.size : this.#size >= maxLine || bytes.includes(10);
        if (isEnough && !this.broken) this.#read(joined(this.#pieces), frames);
        return frames;
    }

    #read(bytes, frames) {
        let at = 0;
        try {
            const next = () => this.#message ? this.#readPayload(bytes, at, frames) : this.#readLine(bytes, at, frames);
            for (let end; (end = next()); ) at = end;
        } catch ({ message }) {
            this.broken = message;
        }
        this.#pieces = [bytes.subarray(at)];
        this.#size = bytes.length - at;
    }

    // These two return where the line or payload ends, or 0 if it is not complete.
    #readLine(bytes, start, frames) {
        const lf = bytes.indexOf(10, start);
        if ((lf < 0 ? bytes.length : lf) - start >= maxLine) throw broken("a line above 64 KiB");
        if (lf < 0) return 0;
        // An empty line is safe, because no CR stands directly in front of a line.
        const frame = readLine(decoder.decode(bytes.subarray(start, bytes[lf - 1] === 13 ? lf - 1 : lf)));
        if (frame?.size > maxPayload) throw broken("a payload above 16 MiB");
        if (frame && "size" in frame) this.#message = frame;
        else if (frame) frames.push(frame);
        return lf + 1;
    }

    #readPayload(bytes, start, frames) {
        const end = start + this.#message.size;
        const lf = bytes[end] === 13 ? end + 1 : end;
        if (lf >= bytes.length) return 0;
        if (bytes[lf] !== 10) throw broken("a payload without its ending");
        this.#message.payload = bytes.slice(start, end);
        frames.push(this.#message);
        this.#message = undefined;
        return lf + 1;
    }
}

// --- the state of a conversation, over all connections ---

const costOf = ({ payload }) => 100 + (payload?.length ?? 0);

/** The events that the program was not given yet, and the ids that it has taken. */
class Inbox {
    // The size of the waiting events.
    bytes = 0;
    // What follows the waiting events was not kept, and has to be read again. A WebSocket cannot be paused.
    isCut = false;

    #events = new Queue();
    #epoch;
    // The highest id that was added.
    #seen = 0;
    // The highest id that the program was given.
    #given = 0;
    // The highest id that may be acknowledged.
    #taken = 0;
    // The highest id that the server knows as acknowledged.
    #acked = 0;

    // In another epoch ids mean nothing, and what was not taken comes again if it still exists.
    begin({ epoch, cursor }) {
        if (this.#epoch !== epoch) {
            this.#events = new Queue();
            this.bytes = this.#seen = this.#given = this.#taken = 0;
        }
        this.#epoch = epoch;
        this.#acked = cursor;
        this.isCut = false;
        this.#seen = Math.max(this.#seen, cursor);
    }

    /** Adds an event unless it came before or there is no room. */
    add(event) {
        if ((this.isCut ||= this.bytes > 1 << 24)) return;
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

    // An id that the program was not given does not count.
    take(id = this.#given) {
        this.#taken = Math.max(this.#taken, Math.min(id, this.#given));
    }

    /** Returns the ACK that is due, or nothing. */
    ack() {
        if (this.#taken <= this.#acked) return undefined;
        this.#acked = this.#taken;
        return `ACK ${this.#acked}`;
    }
}

/** The messages without an answer. Each keeps its seq when it is sent again. */
class Unsent {
    // The messages that were never sent. New ones are added here.
    fresh = new Queue();

    // The others by their seqs, which ascend.
    #numbered = new Map();
    // Those of them that must be sent again on this connection.
    #again = [].values();
    // The seqs that were sent on this connection.
    #flying = new Set();
    // The seq that was sent last.
    #last;
    // The store does not work: nothing is sent until sendAgain().
    #isPostponed = false;
    // The highest seq of this client.
    #top = 0n;
    // The highest seq that the server has accepted or refused.
    #used = 0n;
    #maxPayload = 0;

    get size() {
        return this.#numbered.size + this.fresh.length;
    }

    begin({ seq, maxPayload }) {
        this.#used = seq;
        this.#maxPayload = maxPayload;
        this.sendAgain();
    }

    sendAgain() {
        this.#again = this.#numbered.values();
        this.#flying.clear();
        this.#isPostponed = false;
    }

    // Refusals come in order. So after the last message has its answer, no other one is refused.
    get canSendAgain() {
        return this.#isPostponed && !this.#flying.has(this.#last);
    }

    /** Returns the next message to send, or nothing if there is none or too many have no answer. */
    next() {
        while (!this.#isPostponed && this.#flying.size < 1000) {
            const message = this.#again.next().value ?? this.fresh.shift();
            if (!message) return undefined;
            if (this.#numbered.get(message.seq) !== message && !this.#number(message)) continue;
            this.#flying.add((this.#last = message.seq));
            return message;
        }
        return undefined;
    }

    // The server would take a seq that is not above all others for a repetition. A program that cannot remember the seq
    // does not want the message sent.
    #number(message) {
        const seq = message.seq ?? (this.#top > this.#used ? this.#top : this.#used) + 1n;
        try {
            if (seq <= this.#top || seq > maxSeq) throw new BelfryError("bad-seq");
            if (message.payload.length > this.#maxPayload) throw new BelfryError("too-large");
            this.#numbered.set(seq, message);
            this.#top = message.seq = seq;
            message.onseq?.(seq);
            return true;
        } catch (error) {
            if (this.#numbered.get(seq) === message) this.#numbered.delete(seq);
            message.reject(error);
            return false;
        }
    }

    /** Takes out a message that has its answer. Returns nothing if it had one. */
    settle(seq) {
        const message = this.#numbered.get(seq);
        if (message && seq > this.#used) this.#used = seq;
        this.#numbered.delete(seq);
        this.#flying.delete(seq);
        return message;
    }

    // After a bad seq the next message is numbered as if that had never been used.
    fail(seq, error) {
        const used = this.#used;
        if (error.code !== "store-failed") this.settle(seq)?.reject(error);
        else if (this.#flying.delete(seq)) this.#isPostponed = true;
        if (error.code !== "bad-seq") return;
        this.#used = used;
        this.#top = [...this.#numbered.keys()].pop() ?? 0n;
    }

    rejectAll(error) {
        for (const message of this.#numbered.values()) message.reject(error);
        this.#numbered.clear();
        while (this.fresh.length > 0) this.fresh.shift().reject(error);
    }
}

// --- transports ---

/** A connection that tells `on` what happens, until it is closed. */
class Transport {
    constructor(url, tls, on) {
        this.on = on;
        this.connect(url, tls).catch(({ message }) => this.on?.ended(message));
    }
}

class WebSocketTransport extends Transport {
    async connect(url) {
        this.socket = Object.assign(new WebSocket(url, "belfry.v1"), {
            binaryType: "arraybuffer",
            onopen: () => this.on?.opened(),
            onmessage: ({ data }) => this.on?.received(new Uint8Array(data)),
            onclose: ({ code }) => this.on?.ended(`the connection was closed (${code})`),
        });
    }

    get unwritten() {
        return this.socket.bufferedAmount;
    }

    write(bytes) {
        this.socket.send(bytes);
    }

    close() {
        this.on = undefined;
        this.socket?.close();
    }
}

/** TCP or TLS in Node. */
class SocketTransport extends Transport {
    async connect({ protocol, hostname, port }, tls) {
        const { connect } = await import("node:net");
        const encrypt = protocol === "tls:" && (await import("node:tls")).connect;
        if (!this.on) return;
        const host = hostname.replace(/^\[|\]$/g, "");
        const name = !/^[\d.]+$|:/.test(host) && { servername: host };
        let why = "the connection was closed";
        const watch = (socket) =>
            (this.socket = socket)
                .on("error", ({ message, code }) => (why = message || code))
                .on("close", () => this.socket === socket && this.on?.ended(why));
        const use = (socket, event) =>
            socket.on(event, () => this.on?.opened()).on("data", (bytes) => this.on?.received(bytes));
        this.tcp = watch(connect({ host, port }).setNoDelay(true));
        if (!encrypt) return use(this.tcp, "connect");
        // TLS keeps the handle that it is given, and until it is connected Node may replace it for the next address.
        await new Promise((resolve) => this.tcp.once("connect", resolve));
        if (this.on) use(watch(encrypt({ socket: this.tcp, host, ...name, ...tls })), "secureConnect");
    }

    get unwritten() {
        return this.socket.writableLength;
    }

    // What is written in one turn leaves together.
    write(bytes) {
        if (!this.socket.writableCorked) {
            this.socket.cork();
            process.nextTick(() => this.socket.uncork());
        }
        this.socket.write(bytes);
    }

    pause(isPaused) {
        this.socket[isPaused ? "pause" : "resume"]();
    }

    // A server that reads a login after its client has given up must not end a later session of the client. It notices a
    // reset before it acts on the line.
    close(hasNoWelcome) {
        this.on = undefined;
        if (hasNoWelcome && this.tcp?.connecting === false) this.tcp.resetAndDestroy();
        else this.socket?.unref().destroySoon();
    }
}

// --- the client ---

/** Pauses that are random and grow, so that many clients do not come back at once. */
function* pauses({ first = 250, longest = 10000 } = {}) {
    for (let range = first; ; range = Math.min(2 * range, longest)) yield range * (0.5 + Math.random() / 2);
}

/** Makes a promise whose rejection is never unhandled, since a program may leave it alone. */
function promised(start) {
    const promise = new Promise(start);
    promise.catch(() => {});
    return promise;
}

function loginOf({ id, secret = "", presence }) {
    const bytes = [...encoder.encode(secret)];
    if (!client(id) || bytes.length > 256 || bytes.includes(0)) throw new TypeError("not a client-id or not a secret");
    const encoded = bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    return `LOGIN ${id} ack=manual${presence ? " presence=on" : ""}${secret && " secret="}${encoded}`;
}

function serverOf(text) {
    const url = new URL(text);
    if (!/^wss?:|^(tcp|tls):[0-9]/.test(url.protocol + url.port)) throw new TypeError(`not a server: ${text}`);
    return url;
}

const isPrivate = ({ protocol, hostname }) =>
    /wss|tls/.test(protocol) || /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);

const mayPrecedeLogin = /^(WELCOME|ERR|BYE)$/;
const isFinal = /^(unknown-client|login-refused|tls-required|bad-line)$/;

export class Client extends EventTarget {
    state = "connecting";
    welcome;

    #options;
    // The first line of each connection.
    #login;
    #servers;
    // Their number tells which server is tried.
    #attempts = 0;
    // Between attempts.
    #pauses;
    // Pauses while the store does not work.
    #resends;
    #timers = {};
    #transport;
    #reader;
    #isPaused = false;
    // Why the client waits or has stopped.
    #error;
    #inbox = new Inbox();
    #unsent = new Unsent();
    // Commands whose answers have several frames; asked again on each connection.
    #questions = [];
    // Of iterators that wait for an event.
    #wakers = [];
    #listening = new AbortController();
    // Settles when close() is done.
    #leaving;
    #left;

    constructor(options) {
        super();
        this.#options = { ack: "taken", ping: {}, ...options };
        this.#login = loginOf(options);
        this.#servers = [options.servers].flat().map(serverOf);
        if (!this.#servers.length) throw new TypeError("no server");
        this.#pauses = pauses(options.backoff);
        const nudge = ({ type }) => this.#nudge(type);
        for (const type of ["online", "offline"]) globalThis.addEventListener?.(type, nudge, this.#listening);
        globalThis.document?.addEventListener("visibilitychange", nudge, this.#listening);
        // The program adds its listeners before the first attempt.
        queueMicrotask(() => this.#dial());
    }

    get unsent() {
        return this.#unsent.size;
    }

    send(payload, { seq, onseq } = {}) {
        return promised((resolve, reject) => {
            if (this.#leaving) throw closed();
            const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
            if (bytes?.BYTES_PER_ELEMENT !== 1) throw new TypeError("not a string or Uint8Array");
            this.#unsent.fresh.push({ seq, onseq, payload: new Uint8Array(bytes), resolve, reject });
            Promise.resolve().then(() => this.#pump());
        });
    }

    ack(id) {
        this.#inbox.take(id);
        if (this.#isOnline && !this.#timers.ack) this.#after(100, "ack", () => this.#ackNow());
    }

    history(first, count) {
        return this.#ask(`HISTORY ${first} ${count}`, (messages, { first = 0, last = 0 }) => ({ messages, first, last }));
    }

    who() {
        return this.#ask("WHO", (users) => users);
    }

    #ask(command, result) {
        return promised((resolve, reject) => {
            if (!/^[A-Z]+( \d+)*$/.test(command)) throw new RangeError(`not possible: ${command}`);
            if (this.#leaving || this.state === "stopped") throw this.#error ?? closed();
            const found = [];
            this.#questions.push({ command, found, reject, answer: (end) => resolve(result(found, end)) });
            if (this.#isOnline) this.#write(command);
            this.#balance();
        });
    }

    connect() {
        if (this.state === "waiting" || this.state === "stopped") this.#dial();
    }

    close() {
        if (this.#leaving) return this.#leaving;
        this.#leaving = new Promise((resolve) => (this.#left = resolve));
        this.#wake();
        if (!this.#isOnline) return this.#finish();
        this.#ackNow();
        this.#write("QUIT");
        this.#balance();
        this.#after(5000, "phase", () => this.#finish());
        return this.#leaving;
    }

    [Symbol.asyncIterator]() {
        let hasEnded = false;
        const isOver = () => hasEnded || this.#leaving;
        const result = (value) => ({ value, done: !value });
        return {
            next: async () => {
                if (!isOver() && this.#options.ack === "taken") this.ack();
                while (!isOver()) {
                    const event = this.#inbox.give();
                    this.#balance();
                    if (event) return result(event);
                    // The same server again.
                    if (this.#inbox.isCut && this.#isOnline) this.#dial(this.#attempts--);
                    if (this.state === "stopped") throw this.#error;
                    await new Promise((resolve) => this.#wakers.push(resolve));
                }
                return result();
            },
            return: async () => {
                hasEnded = true;
                this.#wake();
                return result();
            },
        };
    }

    #wake() {
        for (const resolve of this.#wakers.splice(0)) resolve();
    }

    get #isOnline() {
        return this.state === "online";
    }

    #enter(state, details) {
        this.state = state;
        this.#error = details?.error;
        this.#wake();
        this.dispatchEvent(new StateEvent(state, details));
    }

    // A timer replaces the one of the same name.
    #after(ms, name, action) {
        clearTimeout(this.#timers[name]);
        this.#timers[name] = setTimeout(() => {
            this.#timers[name] = undefined;
            action();
        }, ms);
    }

    // --- from a pause to a login ---

    #dial() {
        if (this.#leaving) return;
        this.#drop();
        if (this.#options.secret && !this.#servers.every(isPrivate)) {
            this.#stop(new BelfryError("tls-required", "a secret is sent to another machine only over TLS"));
            return;
        }
        this.#after(15000, "phase", () => this.#lose(closed("no answer to the login")));
        this.#reader = new FrameReader();
        const url = this.#servers[this.#attempts++ % this.#servers.length];
        const Transport = url.protocol.startsWith("ws") ? WebSocketTransport : SocketTransport;
        this.#transport = new Transport(url, this.#options.tls, {
            opened: () => this.#write(this.#login),
            received: (bytes) => this.#receive(bytes),
            ended: (why) => this.#lose(closed(why)),
        });
        this.#enter("connecting");
    }

    #receive(bytes) {
        const transport = this.#transport;
        if (this.#isOnline && !this.#leaving) this.#watch();
        for (const frame of this.#reader.push(bytes)) {
            if (this.#transport !== transport) return;
            if (this.#isOnline || mayPrecedeLogin.test(frame.verb)) this.#on[frame.verb]?.(frame);
        }
        if (this.#transport !== transport) return;
        if (this.#reader.broken) this.#lose(broken(this.#reader.broken));
        this.#pump();
        this.#wake();
    }

    #on = {
        WELCOME: ({ client: id, epoch, cursor, last, seq, accepted, server, "max-payload": maxPayload }) =>
            this.#begin({ id, epoch, cursor, last, seq: accepted > seq ? accepted : seq, maxPayload, server }),
        MSG: (frame) => this.#inbox.add(new Message(frame)),
        SENT: ({ seq, id }) => {
            this.#resends = undefined;
            this.#unsent.settle(seq)?.resolve({ seq, id });
            this.#inbox.add({ type: "sent", id, seq });
        },
        DUP: ({ seq }) => this.#unsent.settle(seq)?.resolve({ seq }),
        LIVE: ({ id }) => this.#inbox.add({ type: "live", id }),
        // An own message may be missing whose SENT was lost. The server answers it with DUP.
        GAP: ({ first, last }) => {
            this.#inbox.add({ type: "gap", first, last });
            this.#unsent.sendAgain();
        },
        PAST: (frame) => this.#questions[0]?.found.push(new Message(frame)),
        USER: ({ client: id, state, cursor }) => this.#questions[0]?.found.push({ id, online: state === "online", cursor }),
        END: (frame) => this.#questions.shift()?.answer(frame),
        ONLINE: ({ client }) => this.dispatchEvent(new PresenceEvent(client, true)),
        OFFLINE: ({ client }) => this.dispatchEvent(new PresenceEvent(client, false)),
        ERR: ({ code, refused, text }) => this.#fail(refused, new BelfryError(code, text || code)),
        BYE: ({ reason }) => {
            if (reason === "taken-over") this.#stop(new BelfryError(reason, "another login has taken over"));
            else this.#lose(closed(`the server ended the connection: ${reason}`));
        },
    };

    #begin(welcome) {
        this.#pauses = pauses(this.#options.backoff);
        this.#resends = undefined;
        this.#isPaused = false;
        this.welcome = welcome;
        this.#inbox.begin(welcome);
        this.#unsent.begin(welcome);
        for (const { command, found } of this.#questions) {
            found.length = 0;
            this.#write(command);
        }
        this.#watch();
        this.#enter("online", { welcome });
        // Acknowledges what was taken while the client was offline.
        this.ack(0);
    }

    #fail(seq, error) {
        if (!this.#isOnline && isFinal.test(error.code)) this.#stop(error);
        else if (!this.#isOnline) this.#lose(error);
        else if (seq > 0n) this.#unsent.fail(seq, error);
        else if (error.code === "bad-line") this.#questions.shift()?.reject(error);
    }

    // --- online ---

    #write(command, payload) {
        const line = encoder.encode(`${command}\r\n`);
        this.#transport.write(payload ? joined([line, payload, lineEnd]) : line);
    }

    // If the transport is full, some messages have no answer, and the answer comes back here.
    #pump() {
        if (!this.#isOnline || this.#leaving) return;
        for (let message; this.#transport.unwritten < 1 << 20 && (message = this.#unsent.next()); ) {
            this.#write(`SEND ${message.seq} ${message.payload.length}`, message.payload);
        }
        if (this.#unsent.canSendAgain && !this.#timers.resend) {
            this.#resends ??= Object.assign(pauses({ first: 100, longest: 3000 }), { until: Date.now() + 5000 });
            // A node of a cluster that has lost touch with it stores nothing, but another one may.
            if (this.#servers[1] && Date.now() > this.#resends.until) return this.#lose(closed("nothing is stored"));
            this.#after(this.#resends.next().value, "resend", () => {
                this.#unsent.sendAgain();
                this.#pump();
            });
        }
        this.#balance();
    }

    // While the program takes nothing, the server waits, unless an answer is due behind the events.
    #balance() {
        if (!this.#isOnline) return;
        const needsAnswer = this.#leaving || this.#unsent.size + this.#questions.length > 0;
        const isPaused = !needsAnswer && this.#inbox.bytes > (this.#isPaused ? 1 << 20 : 4 << 20);
        if (isPaused === this.#isPaused) return;
        this.#isPaused = isPaused;
        this.#transport.pause?.(isPaused);
        if (!this.#leaving) this.#watch();
    }

    #ackNow() {
        const command = this.#inbox.ack();
        if (command) this.#write(command);
    }

    // --- dead connections ---

    #watch() {
        const probe = () => this.#isPaused ? this.#watch() : this.#probe();
        this.#after(this.#options.ping.after ?? 30000, "phase", probe);
    }

    #probe() {
        this.#write("PING");
        this.#after(this.#options.ping.within ?? 10000, "phase", () => this.#lose(closed("the server does not answer")));
    }

    // The network or the page has come back, or has gone.
    #nudge(type) {
        if (globalThis.document?.hidden) return;
        if (this.#isOnline && !this.#isPaused) this.#probe();
        else if (this.state === "waiting" && type !== "offline") this.#dial();
    }

    // --- losses and the end ---

    #drop() {
        for (const name in this.#timers) clearTimeout(this.#timers[name]);
        this.#timers = {};
        this.#transport?.close(this.state === "connecting");
        this.#transport = undefined;
    }

    #lose(error) {
        this.#drop();
        if (this.#leaving) return this.#finish();
        if (!this.#isOnline && this.#attempts % this.#servers.length !== 0) return this.#dial();
        const pause = error.code === "broken-server" ? this.#options.backoff?.longest ?? 10000 : this.#pauses.next().value;
        this.#after(pause, "phase", () => this.#dial());
        return this.#enter("waiting", { error, retryAt: Date.now() + pause });
    }

    #stop(error) {
        this.#drop();
        if (this.#leaving) return this.#finish();
        this.#rejectQuestions(error);
        return this.#enter("stopped", { error });
    }

    #finish() {
        const error = closed();
        this.#drop();
        this.#listening.abort();
        this.#unsent.rejectAll(error);
        this.#rejectQuestions(error);
        this.#enter("stopped", { error });
        this.#left();
        return this.#leaving;
    }

    #rejectQuestions(error) {
        for (const { reject } of this.#questions.splice(0)) reject(error);
    }
}
