import { $, count, make } from "./dom.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

let timer = 0;
let received = 0;

/** Counts the messages that arrive, for the rate. */
export const countReceived = () => received++;

function show(users, delay, rate) {
    const welcome = session.client.welcome ?? {};
    const newest = log.newest;
    const facts = {
        "Connection": $("connection").textContent,
        "Server": welcome.server ?? "–",
        "Epoch": welcome.epoch ?? "–",
        "Newest message": count(newest),
        "Acknowledged": count(unread.upTo),
        "Behind": count(newest - unread.upTo),
        "Unsent": count(outbox.unsent()),
        "Highest seq": String(welcome.seq ?? "–"),
        "Largest message": `${count(welcome.maxPayload ?? 0)} bytes`,
        "Received": `${count(rate)} a second`,
        "Round trip": session.isOnline() ? `${delay.toFixed(1)} ms` : "–",
    };
    $("facts").replaceChildren(...Object.entries(facts).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))));
    $("clients").replaceChildren(...users.map(({ id, online, cursor }) => make("tr", {}, make("th", { scope: "row" }, id),
        ...[online ? "online" : "offline", count(cursor), count(Math.max(0, newest - cursor))].map((text) => make("td", {}, text)))));
}

async function update() {
    const begin = performance.now();
    const before = received;
    show(await people.update().catch(() => []), performance.now() - begin, before);
    received -= before;
}

function toggle(isOpen) {
    $("inside").hidden = !isOpen;
    $("room").hidden = isOpen;
    $("open-inside").setAttribute("aria-expanded", isOpen);
    clearInterval(timer);
    received = 0;
    if (!isOpen) return $("open-inside").focus();
    timer = setInterval(update, 1000);
    update();
    $("inside").querySelector("h2").focus();
}

$("open-inside").onclick = () => toggle($("inside").hidden);
$("close-inside").onclick = () => toggle(false);
$("inside").onkeydown = ({ key }) => key === "Escape" && toggle(false);
