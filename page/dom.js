// A browser may forbid storage. What would be kept there then lives as long as the page. This module runs before all others.
for (const name of ["localStorage", "sessionStorage"]) {
    try {
        self[name];
    } catch {
        Object.defineProperty(self, name, { value: { removeItem(key) { delete this[key]; } } });
    }
}

export const $ = (id) => document.getElementById(id);

/** Makes an element. Strings among the children become text, never HTML. */
export function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
}

/** Returns a copy of a template, without the parts for which `wanted` has a false value. */
export function copy(template, wanted = {}) {
    const element = $(template).content.firstElementChild.cloneNode(true);
    for (const part in wanted) if (!wanted[part]) for (const one of element.querySelectorAll(part)) one.remove();
    return element;
}

/** Sets a text only if it differs, so that screen readers are told of real changes alone. */
export function say(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
}

export const encode = (text) => new TextEncoder().encode(text);

export const count = (number) => number.toLocaleString("en-US");

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });

export const hour = (time) => clock.format(time);

let known = [0, 0];
/** When the local day of a time begins. The last answer is kept, because neighbours in the log ask for the same day. */
export function dayOf(time) {
    if (time < known[0] || time >= known[1]) known = [0, 24].map((hours) => new Date(time).setHours(hours, 0, 0, 0));
    return known[0];
}

export function dayName(time) {
    const today = dayOf(Date.now());
    if (dayOf(time) === today) return "Today";
    return dayOf(time) === dayOf(today - 1) ? "Yesterday" : date.format(time).replace(/^(\w+) /, "$1, ");
}

/** Names a client in an element with an avatar, in the client's own colour. */
export function sign(element, id) {
    let hash = 0;
    for (const letter of id) hash = ((hash + letter.charCodeAt(0)) * 222.492) % 360;
    element.style.setProperty("--hue", Math.round(hash));
    say(element.querySelector(".avatar"), id.slice(0, 2));
    say(element.querySelector(".sender"), id);
}
