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
let hiddenTimer = 0;

/** Shows the form, with the reason if an attempt has failed. */
function showLogin(reason = "", isBusy = false) {
    $("chat").hidden = true;
    $("login").hidden = false;
    $("login-button").disabled = isBusy;
    say($("login-button"), isBusy ? "Logging in…" : "Log in");
    say($("login-error"), reason);
}

function showChat() {
    if (!$("chat").hidden) return;
    $("login").hidden = true;
    $("chat").hidden = false;
    say($("me"), session.me);
    outbox.open();
    openComposer();
    $("draft").focus();
}

function start(login, onopen) {
    const client = connect(login);
    client.addEventListener("state", (event) => client === session.client && onstate(event, onopen));
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

function onstate({ state, error, welcome }, onopen) {
    if (state === "online") {
        onopen?.();
        showChat();
        enter(welcome);
    } else if (state === "stopped") stop(error.code);
    else if (state === "waiting" && $("chat").hidden) showLogin("No connection to the server. Trying again…");
    showConnection();
    timeline.refresh();
}

/** Goes on in the log, or begins with another one. */
function enter(welcome) {
    if (welcome.epoch !== epoch) {
        log.isNew = epoch !== undefined;
        log.begin(welcome.cursor);
        unread.begin(welcome.cursor);
        timeline.hold(!welcome.cursor);
        epoch = welcome.epoch;
    } else if (welcome.last > log.newest) timeline.hold();
    isLive = false;
    outbox.resume();
    people.update();
}

function stop(code) {
    if (code === "taken-over") $("taken-over").showModal();
    else if (code !== "closed") {
        forget();
        showLogin($(code)?.textContent ?? `The server ended the connection: ${code}.`);
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
    // While the page is hidden there are no frames, but its title changes.
    if (document.hidden) hiddenTimer ||= setTimeout(showHidden, 200);
}

/** An own message with its text, if it was written here. */
function own(sent) {
    const text = outbox.confirm(sent.seq)?.text;
    return text === undefined ? sent : { ...sent, type: "message", sender: session.me, time: Date.now(), text, payload: encode(text) };
}

function showHidden() {
    hiddenTimer = 0;
    timeline.onframe();
}

timeline.onframe = () => {
    if (!session.client) return;
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
    const login = { id: $("name").value, secret: $("secret").value };
    showLogin("", true);
    start(login, () => remember(login, $("stay").checked));
};
$("log-out").onclick = $("leave").onclick = async () => {
    forget();
    await session.client.close();
    location.reload();
};
$("use-here").onclick = () => location.reload();
$("taken-over").oncancel = (event) => event.preventDefault();
setInterval(() => people.update(), 30_000);
navigator.serviceWorker?.register("service-worker.js");

if (remembered()) {
    start(remembered());
    showChat();
} else showLogin();
