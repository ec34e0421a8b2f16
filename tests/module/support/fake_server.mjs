// A server for one client that keeps its log in memory. Tests cut its connections, and replace its answers.

import { once } from "node:events";
import net from "node:net";

/** A connection of the client. It reads commands, and can be cut after a number of bytes in either direction. */
class Connection {
    #socket;
    #server;
    #unread = Buffer.alloc(0);
    #written = 0;
    #read = 0;

    constructor(socket, server, cut) {
        this.#socket = socket;
        this.#server = server;
        this.cut = cut;
        socket.setNoDelay(true);
        socket.on("data", (bytes) => this.#receive(bytes));
        socket.on("error", () => {});
        if (cut.out === 0 || cut.in === 0) this.close();
    }

    write(data) {
        const bytes = Buffer.from(data);
        const left = (this.cut.out ?? Infinity) - this.#written;
        this.#written += bytes.length;
        if (bytes.length < left) return void this.#socket.write(bytes);
        this.#socket.end(bytes.subarray(0, Math.max(0, left)));
        this.#unread = undefined; // a cut connection does nothing more
    }

    /** How many bytes the client has not read, as far as this end knows. */
    get unsent() {
        return this.#socket.writableLength;
    }

    line(text) {
        this.write(`${text}\r\n`);
    }

    close() {
        this.#socket.destroy();
        this.#unread = undefined;
    }

    end() {
        this.#socket.end();
    }

    #receive(bytes) {
        if (!this.#unread) return;
        const left = (this.cut.in ?? Infinity) - this.#read;
        this.#read += bytes.length;
        this.#unread = Buffer.concat([this.#unread, bytes.subarray(0, left)]);
        while (this.#unread && this.#step());
        this.#server.bytesIn = this.#read;
        this.#server.bytesOut = this.#written;
        if (this.#read >= (this.cut.in ?? Infinity)) this.close();
    }

    #step() {
        const lf = this.#unread.indexOf("\n");
        if (lf < 0) return false;
        const line = this.#unread.subarray(0, lf).toString().replace("\r", "");
        const [verb, ...fields] = line.split(" ");
        const size = verb === "SEND" ? Number(fields[1]) + 2 : 0;
        if (this.#unread.length < lf + 1 + size) return false;
        const payload = Buffer.from(this.#unread.subarray(lf + 1, lf + 1 + Math.max(0, size - 2)));
        this.#unread = this.#unread.subarray(lf + 1 + size);
        this.#server.commands.push(line);
        this.#server.answers[verb]?.(this, fields, payload);
        return true;
    }
}

export class FakeServer {
    epoch = "abc";
    log = []; // of {sender, seq, payload}; the id is the place, counted from 1
    cursor = 0;
    commands = [];
    connections = [];
    cuts = []; // {in, out} for each connection: after how many bytes it is cut

    #server = net.createServer((socket) => {
        this.connections.push(new Connection(socket, this, this.cuts.shift() ?? {}));
    });

    static async start() {
        const server = new FakeServer();
        server.#server.listen(0, "127.0.0.1");
        await once(server.#server, "listening");
        return server;
    }

    get url() {
        return `tcp://127.0.0.1:${this.#server.address().port}`;
    }

    get connection() {
        return this.connections.at(-1);
    }

    stop() {
        for (const connection of this.connections) connection.close();
        this.#server.close();
    }

    /** The highest seq that was accepted. */
    get seq() {
        return this.log.reduce((highest, { seq = 0n }) => (seq > highest ? seq : highest), 0n);
    }

    append(message) {
        this.log.push({ payload: Buffer.from(message.text ?? ""), ...message });
        return this.log.length;
    }

    welcome(options = "") {
        const { epoch, cursor, log, seq } = this;
        return `WELCOME me epoch=${epoch} cursor=${cursor} last=${log.length} seq=${seq} max-payload=1000 server=fake/1${options}`;
    }

    /** Writes the event of an id. */
    deliver(connection, id) {
        const { sender, seq, payload } = this.log[id - 1];
        if (seq) return connection.line(`SENT ${seq} ${id}`);
        connection.write(Buffer.concat([Buffer.from(`MSG ${id} ${sender} 1700000000000 ${payload.length}\r\n`), payload, Buffer.from("\r\n")]));
    }

    backlog(connection) {
        for (let id = this.cursor + 1; id <= this.log.length; id++) this.deliver(connection, id);
    }

    answers = {
        LOGIN: (connection) => {
            connection.line(this.welcome());
            this.backlog(connection);
            connection.line(`LIVE ${this.log.length}`);
        },
        SEND: (connection, [seq], payload) => {
            if (BigInt(seq) <= this.seq) return connection.line(`DUP ${seq}`);
            this.deliver(connection, this.append({ seq: BigInt(seq), payload }));
        },
        ACK: (connection, [id]) => (this.cursor = Math.max(this.cursor, Math.min(Number(id), this.log.length))),
        HISTORY: (connection, [first]) => {
            const id = Number(first);
            const { sender = "me", payload } = this.log[id - 1];
            connection.write(`PAST ${id} ${sender} 1700000000000 ${payload.length}\r\n${payload}\r\nEND ${id} ${id}\r\n`);
        },
        WHO: (connection) => connection.write(`USER me online cursor=${this.cursor}\r\nUSER you offline cursor=0\r\nEND\r\n`),
        PING: (connection) => connection.line("PONG"),
        QUIT: (connection) => {
            connection.line("BYE quit");
            connection.end();
        },
    };
}
