import { $, count, make, say } from "./dom.js";
import { log } from "./log.js";
import { outbox } from "./outbox.js";
import { people } from "./people.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

let timer = 0;
let received = 0;

/** Counts a message, for the rate. */
export const countReceived = () => received++;

async function update() {
    const begin = performance.now();
    const before = received;
    const users = await people.update().catch(() => []);
    const { server, epoch, seq, maxPayload = 0 } = session.client.welcome ?? {};
    const facts = [
        $("connection").textContent, server, epoch, count(log.newest), count(unread.upTo), count(log.newest - unread.upTo),
        count(outbox.unsent()), seq, `${count(maxPayload)} bytes`, `${count(before)} a second`,
        `${(performance.now() - begin).toFixed(1)} ms`,
    ];
    $("facts").querySelectorAll("dd").forEach((element, index) => say(element, `${facts[index] ?? "–"}`));
    $("clients").replaceChildren(...users.map(({ id, online, cursor }) => make("tr", {}, make("th", { scope: "row" }, id),
        ...[online ? "online" : "offline", count(cursor), count(Math.max(0, log.newest - cursor))].map((text) => make("td", {}, text)))));
    received -= before;
}

function toggle(isOpen) {
    $("inside").hidden = !isOpen;
    $("room").hidden = isOpen;
    $("open-inside").ariaExpanded = isOpen;
    clearInterval(timer);
    received = 0;
    if (!isOpen) return $("open-inside").focus();
    timer = setInterval(update, 1000);
    update();
    $("inside-title").focus();
}

$("open-inside").onclick = () => toggle($("inside").hidden);
$("close-inside").onclick = () => toggle(false);
$("inside").onkeydown = ({ key }) => key === "Escape" && toggle(false);
