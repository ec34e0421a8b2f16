// Keeps the page itself, so that it opens without a connection. Messages are never kept here, and /ws is not touched.
const version = "@HASH@";
const scripts = ["attention", "belfry", "composer", "dom", "heights", "inside", "log", "message", "outbox", "page", "people", "search",
    "session", "timeline", "unread"];
const files = ["page.css", "icon.svg", ...scripts.map((name) => `${name}.js`)].map((name) => `/${version}/${name}`);

addEventListener("install", (event) => {
    skipWaiting();
    event.waitUntil(caches.open(version).then((cache) => cache.addAll(["/", "/manifest.webmanifest", ...files])));
});

addEventListener("activate", (event) => {
    const remove = async () => Promise.all((await caches.keys()).filter((key) => key !== version).map((key) => caches.delete(key)));
    event.waitUntil(remove());
});

addEventListener("fetch", (event) => {
    const { pathname } = new URL(event.request.url);
    // The server's page comes first: it names the files of the server's version.
    if (pathname === "/") event.respondWith(fetch(event.request).catch(() => caches.match("/")));
    else if (files.includes(pathname)) event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(event.request)));
});
