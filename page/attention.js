import { $, count, say } from "./dom.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

const key = "belfry/notify";
let shown = 0;
let waiting = [];
let timer = 0;

const isWanted = () => localStorage[key] === "on" && Notification.permission === "granted";

/** Shows how many messages are unread: in the title, on the icon of the tab, and on that of the installed page. */
export function showUnread() {
    const number = unread.count;
    say(document.querySelector("title"), `${number ? `(${count(number)}) ` : ""}${session.me} · Belfry`);
    if (number === shown) return;
    if (!number !== !shown) drawIcon(number > 0);
    shown = number;
    navigator.setAppBadge?.(number).catch(() => {});
}

const plainIcon = $("favicon").href;

function drawIcon(isMarked) {
    if (!isMarked) return ($("favicon").href = plainIcon);
    const image = new Image(64, 64);
    image.onload = () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0, 64, 64);
        context.fillStyle = "#d92d20";
        context.arc(47, 17, 16, 0, 7);
        context.fill();
        if (shown) $("favicon").href = canvas.toDataURL();
    };
    image.src = plainIcon;
}

/** Tells of a new message: a screen reader if the page is visible, a notification of the desktop otherwise. Once a second. */
export function announce(message) {
    waiting.push(message);
    timer ||= setTimeout(tell, waiting.length > 1 ? 1000 : 100);
}

function tell() {
    timer = 0;
    const last = waiting.at(-1);
    const text = waiting.length === 1 ? `${last.sender}: ${last.text.slice(0, 200)}` : `${count(waiting.length)} new messages`;
    waiting = [];
    if (document.visibilityState === "visible") say($("announcer"), text);
    else if (isWanted()) notify(text);
}

async function notify(body) {
    const options = { body, tag: "belfry", icon: plainIcon };
    try {
        new Notification("Belfry", options).onclick = () => focus();
    } catch {
        // On phones only a service worker may do this.
        (await navigator.serviceWorker?.ready)?.showNotification("Belfry", options);
    }
}

const button = $("notify");
button.hidden = !("Notification" in window);
const showWish = () => button.setAttribute("aria-pressed", isWanted());
button.onclick = async () => {
    localStorage[key] = isWanted() ? "off" : "on";
    if (localStorage[key] === "on") await Notification.requestPermission();
    showWish();
};
if (!button.hidden) showWish();
