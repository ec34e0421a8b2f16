import { announce, showUnread } from "./attention.js";
import { openComposer } from "./composer.js";
import { $, count, say } from "./dom.js";
import { countReceived } from "./inside.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import "./search.js";
import { connect, forget, remember, remembered, session, word } from "./session.js";
import { timeline } from "./timeline.js";
import { unread } from "./unread.js";

let epoch;
let isLive = false;
let slow = 0;

/** Shows the log-in form, with the reason if an attempt has failed. */
function showLogin(reason = "") {
    $("chat").hidden = true;
    $("login").hidden = false;
    setBusy(false);
    say($("login-error"), reason);
    $("name").value ||= session.me;
    $($("name").value ? "secret" : "name").focus();
}

function setBusy(isBusy) {
    $("login-button").disabled = isBusy;
    say($("login-button"), isBusy ? "Logging in…" : "Log in");
}

function showChat() {
    if (!$("chat").hidden) return;
    $("login").hidden = true;
    $("chat").hidden = false;
    say($("me"), session.me);
    outbox.open();
    openComposer();
    showConnection();
    $("draft").focus();
}

function start(login, onopen = () => {}) {
    session.client?.close();
    const client = connect(login);
    client.addEventListener("state", (event) => client === session.client && onstate(event, onopen));
    client.addEventListener("presence", ({ id, online }) => people.changed(id, online));
    receive(client);
}

async function receive(client) {
    try {
        for await (const event of client) if (client === session.client) take(event);
    } catch {
        // The state event has told why.
    }
}

function onstate({ state, error, welcome }, onopen) {
    if (state === "online") {
        onopen();
        showChat();
        enter(welcome);
    } else if (state === "stopped") stop(error);
    else if (state === "waiting" && $("chat").hidden) {
        setBusy(false);
        say($("login-error"), "No connection to the server. Trying again…");
    }
    showConnection();
    timeline.refresh();
}

/** Goes on in the log, or begins with another one. */
function enter(welcome) {
    if (welcome.epoch !== epoch) {
        log.isNew = epoch !== undefined;
        log.begin(welcome.cursor);
        unread.begin(welcome.cursor);
        // Somebody who is here for the first time begins with the newest messages, others with the first unread one.
        if (welcome.cursor) unread.divider = welcome.cursor + 1;
        epoch = welcome.epoch;
    }
    isLive = false;
    if (welcome.last > log.newest) timeline.hold();
    outbox.resume();
    people.update().catch(() => {});
}

function stop(error) {
    if (!error || error.code === "closed") return;
    if (error.code === "taken-over") return $("taken-over").showModal();
    forget();
    session.client = undefined;
    showLogin(word(error));
}

/** Takes the next event of the log. This runs for each message, so it costs the same however many there are. */
function take(event) {
    if (event.type === "live") {
        isLive = true;
        return timeline.release();
    }
    const isRepeated = (event.last ?? event.id) <= log.newest;
    if (event.type === "sent") event = own(event);
    if (isRepeated) return;
    log.append(event);
    unread.arrived(event, timeline.isWatched());
    if (event.type === "message" && event.sender !== session.me) {
        countReceived();
        if (isLive) announce(event);
    }
    timeline.changed();
    if (document.visibilityState === "hidden") changedHidden();
}

/** An own message with its text, if it was written here. */
function own(sent) {
    const entry = outbox.confirm(sent.seq);
    return entry ? { ...sent, type: "message", sender: session.me, time: Date.now(), text: entry.text, payload: new TextEncoder().encode(entry.text) } : sent;
}

let hiddenTimer = 0;
/** There are no frames while the page is hidden, but its title and the acknowledgements go on. */
function changedHidden() {
    hiddenTimer ||= setTimeout(() => {
        hiddenTimer = 0;
        timeline.onframe();
    }, 200);
}

timeline.onframe = () => {
    showUnread();
    if (session.client) session.client.ack(unread.upTo);
};

outbox.onchange = () => {
    showConnection();
    timeline.refresh();
    // An answer usually comes before anybody could read that it is missing.
    clearTimeout(slow);
    slow = setTimeout(showConnection, 1000, true);
};

function showConnection(isSlow = false) {
    const unsent = outbox.unsent();
    const state = { online: "Online", connecting: "Connecting…" }[session.client?.state] ?? "Offline";
    $("connection").dataset.state = session.client?.state ?? "stopped";
    say($("connection"), unsent && (isSlow || state !== "Online") ? `${state}, ${count(unsent)} unsent` : state);
}

$("login-form").onsubmit = (event) => {
    event.preventDefault();
    const login = { id: $("name").value, secret: $("secret").value };
    setBusy(true);
    say($("login-error"), "");
    start(login, () => remember(login, $("stay").checked));
};
$("log-out").onclick = $("leave").onclick = async () => {
    forget();
    await session.client?.close();
    location.reload();
};
$("use-here").onclick = () => location.reload();
for (const button of document.querySelectorAll("dialog .close")) button.onclick = () => button.closest("dialog").close();
$("taken-over").addEventListener("cancel", (event) => event.preventDefault());
addEventListener("online", () => session.client?.state === "waiting" && session.client.connect());
setInterval(() => document.visibilityState === "visible" && people.update().catch(() => {}), 30_000);
navigator.serviceWorker?.register("service-worker.js").catch(() => {});

const login = remembered();
if (login) {
    start(login);
    showChat();
} else showLogin();
