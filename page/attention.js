import { $, count, say } from "./dom.js";
import { session } from "./session.js";
import { unread } from "./unread.js";

const key = "belfry/notify";
const icon = $("favicon").href;
let shown = 0;
let waiting = [];

/** Shows how many messages are unread: in the title, on the tab's icon, and on that of the installed page. */
export function showUnread() {
    document.title = `${unread.count ? `(${count(unread.count)}) ` : ""}${session.me} · Belfry`;
    if (unread.count === shown) return;
    shown = unread.count;
    $("favicon").href = shown ? icon.replace("icon", "icon-unread") : icon;
    navigator.setAppBadge?.(shown).catch(() => {});
}

/** Tells of a new message: a screen reader if the page is visible, and the desktop otherwise. At most once a second. */
export function announce(message) {
    if (waiting.push(message) === 1) setTimeout(tell, 1000);
}

function tell() {
    const [{ sender, text }] = waiting;
    const news = waiting.length === 1 ? `${sender}: ${text.slice(0, 200)}` : `${count(waiting.length)} new messages`;
    waiting = [];
    if (!document.hidden) say($("announcer"), news);
    else if (isWanted()) notify(news);
}

async function notify(body) {
    const options = { body, icon, tag: "belfry" };
    try {
        new Notification("Belfry", options).onclick = () => focus();
    } catch {
        // On phones only a service worker may do this.
        (await navigator.serviceWorker.ready).showNotification("Belfry", options);
    }
}

const button = $("notify");
const isWanted = () => localStorage[key] === "on" && Notification.permission === "granted";
const showWish = () => (button.ariaPressed = isWanted());
button.onclick = async () => {
    localStorage[key] = isWanted() ? "off" : "on";
    await Notification.requestPermission();
    showWish();
};
button.hidden = !globalThis.Notification;
if (!button.hidden) showWish();
