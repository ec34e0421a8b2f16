import { announce, showUnread } from "./attention.js";
import { openComposer } from "./composer.js";
import { $, count, encode, say } from "./dom.js";
import { countReceived } from "./inside.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import "./search.js";
import { connect, forget, remember, remembered, session } from "./session.js";
import { timeline } from "./timeline.js";
import { unread } from "./unread.js";

let epoch;
let isLive = false;
let slowTimer = 0;

/** Shows the form, with the reason if an attempt has failed. */
function showLogin(reason = "", isBusy = false) {
    $("chat").hidden = true;
    $("login").hidden = false;
    document.title = "Belfry";
    $("login-button").disabled = isBusy;
    say($("login-button"), isBusy ? "Logging in…" : "Log in");
    say($("login-error"), reason);
    $("name").value ||= session.me;
}

function showChat(login) {
    if (!$("chat").hidden) return;
    $("login").hidden = true;
    $("chat").hidden = false;
    say($("me"), session.me);
    outbox.open();
    openComposer();
    $("draft").focus();
    remember(login);
}

function start(login) {
    // Somebody else may have been logged in before.
    epoch = undefined;
    outbox.entries = [];
    let client;
    try {
        client = connect(login);
    } catch {
        // No server can know such a secret.
        return stop({ code: "login-refused" });
    }
    client.addEventListener("state", (event) => client === session.client && onstate(event, login));
    client.addEventListener("presence", people.changed);
    receive(client);
}

async function receive(client) {
    try {
        for await (const event of client) if (client === session.client) take(event);
    } catch (error) {
        // If the client has stopped, a state event has told why.
        if (client.state !== "stopped") throw error;
    }
}

function onstate({ state, error, welcome }, login) {
    if (state === "online") {
        showChat(login);
        enter(welcome);
    } else if (state === "stopped") stop(error);
    else if (state === "waiting" && $("chat").hidden) showLogin(reasonOf(error));
    showConnection();
    timeline.refresh();
}

/** Goes on in the log, or begins with another one. */
function enter(welcome) {
    if (welcome.epoch !== epoch) {
        log.isNew = epoch !== undefined;
        log.begin(welcome.cursor);
        unread.begin(welcome.cursor);
        timeline.hold();
        epoch = welcome.epoch;
    } else {
        if (welcome.last > log.newest) timeline.hold();
        // Another device may have read on meanwhile.
        unread.reach(welcome.cursor);
        log.reach(welcome.cursor);
    }
    isLive = false;
    outbox.resume();
    people.update();
}

const reasonOf = ({ code }) => $(code)?.textContent ?? `The server ended the connection: ${code}.`;

function stop(error) {
    if (error.code === "taken-over") $("taken-over").showModal();
    else if (error.code !== "closed") {
        forget();
        showLogin(reasonOf(error));
    }
}

/** Takes the next event of the log. */
function take(event) {
    if (event.type === "live") {
        isLive = true;
        return timeline.release();
    }
    if (event.type === "sent") event = own(event);
    log.append(event);
    unread.arrived(event, timeline.isWatched());
    if (event.type === "message" && event.sender !== session.me) {
        countReceived();
        if (isLive) announce(event);
    }
    timeline.changed();
}

/** An own message with its text, if it was written here. */
function own(sent) {
    const text = outbox.confirm(sent.seq)?.text;
    return text === undefined ? sent : { ...sent, type: "message", sender: session.me, time: Date.now(), text, payload: encode(text) };
}

timeline.onframe = () => {
    if ($("chat").hidden) return;
    showUnread();
    session.client.ack(unread.upTo);
};

outbox.onchange = () => {
    showConnection();
    timeline.refresh();
    // The answer usually comes before anybody could read that it is missing.
    clearTimeout(slowTimer);
    slowTimer = setTimeout(showConnection, 1000, true);
};

function showConnection(isSlow) {
    const { state } = session.client;
    const word = { online: "Online", connecting: "Connecting…" }[state] ?? "Offline";
    const unsent = state !== "online" || isSlow ? outbox.unsent() : 0;
    $("connection").dataset.state = state;
    say($("connection"), unsent ? `${word}, ${count(unsent)} unsent` : word);
}

$("login-form").onsubmit = (event) => {
    event.preventDefault();
    showLogin("", true);
    start({ id: $("name").value, secret: $("secret").value, stays: $("stay").checked });
};
$("log-out").onclick = $("leave").onclick = async () => {
    forget();
    await session.client.close();
    location.reload();
};
// A browser may keep a page that was left, with its connection.
window.onpagehide = () => session.client?.close();
window.onpageshow = ({ persisted }) => persisted && location.reload();
$("use-here").onclick = () => location.reload();
$("taken-over").onclose = () => $("taken-over").showModal();
setInterval(() => people.update(), 30_000);
// While the page is hidden there are no frames, but its title changes.
setInterval(() => document.hidden && timeline.onframe(), 500);
navigator.serviceWorker?.register("service-worker.js").catch(() => {});

const login = remembered();
if (login) {
    start(login);
    showChat(login);
} else showLogin();
