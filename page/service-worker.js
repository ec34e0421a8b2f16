// Keeps the page's own files, so that it opens without a connection. Messages are not kept, and /ws is not touched.
const version = "@HASH@";

async function keepFiles() {
    const page = await (await fetch("/")).text();
    const files = page.match(/[0-9a-f]{16}\/[\w.-]+/g).map((name) => `/${name}`);
    await (await caches.open(version)).addAll(["/", "/manifest.webmanifest", ...new Set(files)]);
    skipWaiting();
}

async function removeOthers() {
    for (const key of await caches.keys()) if (key !== version) await caches.delete(key);
}

addEventListener("install", (event) => event.waitUntil(keepFiles()));
addEventListener("activate", (event) => event.waitUntil(removeOthers()));
addEventListener("fetch", (event) => {
    const { pathname } = new URL(event.request.url);
    // The server's own page comes first, because it names the files of the server's version.
    if (pathname === "/") event.respondWith(fetch(event.request).catch(() => caches.match("/")));
    else if (pathname.startsWith(`/${version}/`)) event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(event.request)));
});
