// The package: what it contains, its types, and how it lets Node end.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FakeServer } from "./support/fake_server.mjs";
import { temporaryFolder } from "./support/server.mjs";

const page = fileURLToPath(new URL("../../page", import.meta.url));
let folder; // of a program that uses the package

before(() => {
    folder = temporaryFolder();
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(page, join(folder, "node_modules/belfry"));
});

after(() => rmSync(folder, { recursive: true }));

/** Runs a program in Node to its end. Rejects if it fails. */
function run(name, code, ...args) {
    writeFileSync(join(folder, name), code);
    return promisify(execFile)(process.execPath, [join(folder, name), ...args], { timeout: 120000 });
}

test("The package has the version of the programs, and no dependencies", () => {
    const manifest = JSON.parse(readFileSync(join(page, "package.json"), "utf8"));
    const version = /version = "(.*)"/.exec(readFileSync(join(page, "../wire/version.hpp"), "utf8"))[1];
    assert.equal(manifest.version, version);
    assert.deepEqual([manifest.dependencies, manifest.peerDependencies], [undefined, undefined]);
    assert.doesNotMatch(readFileSync(join(page, "belfry.js"), "utf8"), /^import /m);
});

test("belfry.js is at most 22 KB, as the page gets it: without comments and indentation", () => {
    const lines = readFileSync(join(page, "belfry.js"), "utf8").replace(/^ *\/\*[^]*?\*\/\n/gm, "").split("\n");
    const served = lines.map((line) => line.trim()).filter((line) => line && !line.startsWith("//"));
    assert.ok(Buffer.byteLength(served.join("\n")) <= 22 * 1024);
});

if (spawnSync("npm", ["--version"]).status === 0) {
    test("npm packs the library and nothing of the page", () => {
        const env = { ...process.env, npm_config_cache: join(folder, "npm"), npm_config_update_notifier: "false" };
        const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--offline"], { cwd: page, env, encoding: "utf8", stdio: "pipe" }));
        const examples = ["bot", "event_log", "journal", "worker"].map((name) => `examples/${name}.mjs`);
        const paths = files.map(({ path }) => path).filter((path) => path !== "README.md");
        assert.deepEqual(paths.sort(), ["belfry.d.ts", "belfry.js", ...examples, "package.json"]);
    });
}

test("The types fit a program that uses everything", () => {
    const example = readFileSync(new URL("support/example.mts", import.meta.url));
    writeFileSync(join(folder, "example.mts"), example);
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "node16", "--moduleResolution", "node16", "--lib", "es2022,dom"];
    const { status, stdout, error } = spawnSync("tsc", [...options, "example.mts"], { cwd: folder, encoding: "utf8" });
    assert.equal(error, undefined);
    assert.equal(status, 0, stdout);
});

test("The types name everything that the module exports", async () => {
    const types = readFileSync(join(page, "belfry.d.ts"), "utf8");
    for (const name of Object.keys(await import("../../page/belfry.js"))) assert.match(types, new RegExp(`export class ${name}\\b`));
});

test("A program ends after close(), and a promise that it leaves alone is no error", async () => {
    const server = await FakeServer.start();
    server.answers.SEND = () => {};
    try {
        const { stdout } = await run("program.mjs", `
            import { Client } from "belfry";
            const client = new Client({ id: "me", servers: process.argv[2] });
            client.send("never answered");
            client.who().catch(() => {});
            for await (const event of client) {
                client.send("x".repeat(2000));
                client.history(1, -1);
                await client.close();
            }
            console.log("closed");
        `, server.url);
        assert.equal(stdout, "closed\n");
    } finally {
        server.stop();
    }
});

test("A program that was refused ends", async () => {
    const server = await FakeServer.start();
    server.answers.LOGIN = (connection) => connection.line("ERR login-refused - no");
    try {
        const { stdout } = await run("refused.mjs", `
            import { Client } from "belfry";
            try {
                for await (const event of new Client({ id: "me", servers: process.argv[2] }));
            } catch ({ code }) {
                console.log(code);
            }
        `, server.url);
        assert.equal(stdout, "login-refused\n");
    } finally {
        server.stop();
    }
});
