// A real belfryd on free ports, with its data in a folder of its own.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = process.env.BELFRY_BIN ?? fileURLToPath(new URL("../../../build/bin", import.meta.url));
const root = process.env.BELFRY_TEST_ROOT ?? tmpdir();

export const temporaryFolder = () => mkdtempSync(join(root, "belfry-module."));

/** Runs belfryctl and returns what it prints. */
export function belfryctl(...args) {
    return execFileSync(join(bin, "belfryctl"), args, { encoding: "utf8" });
}

/** Returns the text of a file, or nothing if its process has ended meanwhile. */
function textOf(path) {
    try {
        return readFileSync(path, "utf8");
    } catch {
        return "";
    }
}

/** Kills a process. Returns whether it was still there. */
export function kill(pid) {
    try {
        return process.kill(pid, "SIGKILL");
    } catch ({ code }) {
        if (code === "ESRCH") return false;
        throw new Error(`cannot kill ${pid}: ${code}`);
    }
}

export class Server {
    #process;
    #out = "";

    /** Starts a server with these arguments, which name the clients. */
    static async start(...args) {
        const server = new Server();
        server.folder = temporaryFolder();
        server.args = args;
        await server.start();
        return server;
    }

    /** Starts the server again with the same data; on the same ports if it was stopped. */
    async start(port = 0) {
        const args = ["--data-dir", join(this.folder, "data"), "-port", String(port), ...this.args];
        this.#out = "";
        this.#process = spawn(join(bin, "belfryd"), args, { stdio: ["ignore", "pipe", "pipe"] });
        const ended = new Promise((resolve) => this.#process.once("exit", resolve));
        this.ended = ended;
        const collect = (text) => (this.#out += text);
        this.#process.stderr.setEncoding("utf8").on("data", collect);
        await new Promise((resolve, reject) => {
            this.#process.stdout.setEncoding("utf8").on("data", (text) => {
                collect(text);
                if (this.#find("belfryd listening on 127.0.0.1:")) resolve();
            });
            ended.then(() => reject(new Error(`belfryd has ended: ${this.#out}`)));
        });
        this.port = Number(this.#find("belfryd listening on 127.0.0.1:"));
    }

    #find(start) {
        return this.#out.split("\n").slice(0, -1).find((line) => line.startsWith(start))?.slice(start.length);
    }

    get url() {
        return `tcp://127.0.0.1:${this.port}`;
    }

    /** Returns the rest of the line of standard output that begins so. */
    line(start) {
        return this.#find(start);
    }

    /** Returns the pids of the children whose titles begin so. */
    children(title, parent = this.#process.pid) {
        const pids = textOf(`/proc/${parent}/task/${parent}/children`).trim().split(" ");
        return pids.filter((pid) => textOf(`/proc/${pid}/cmdline`).startsWith(title)).map(Number);
    }

    /** Returns the pid of a client's session, or nothing. */
    sessionOf(id) {
        return this.children(`belfryd: client ${id} `)[0];
    }

    /** Returns the pids of the processes that serve browsers. */
    webRelays() {
        return this.children("belfry-gate: gate").flatMap((gate) => this.children("belfry-gate: web", gate));
    }

    signal(name) {
        this.#process.kill(name);
    }

    async stop() {
        this.signal("SIGTERM");
        await this.ended;
    }

    /** Ends the server and removes its data. */
    async remove() {
        await this.stop();
        rmSync(this.folder, { recursive: true });
    }
}
