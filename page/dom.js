/** The element of the page with this id. */
export const $ = (id) => document.getElementById(id);

/** Makes an element. Strings among the children become text, never HTML. */
export function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (name in element) element[name] = value;
        else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

/** Sets a text only if it differs, so that screen readers are told of real changes alone. */
export function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

export const count = (number) => number.toLocaleString("en-US");

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const hour = (time) => clock.format(time);

let known = [0, 0];
/** When the local day of a time begins. The last answer is kept: neighbours in the log ask for the same day. */
export function dayOf(time) {
    if (time < known[0] || time >= known[1]) known = [0, 24].map((hours) => new Date(time).setHours(hours, 0, 0, 0));
    return known[0];
}

export function dayName(time) {
    const today = dayOf(Date.now());
    if (dayOf(time) === today) return "Today";
    return dayOf(time) === dayOf(today - 1) ? "Yesterday" : date.format(time).replace(/^(\w+) /, "$1, ");
}

/** Gives an element the colour of a client-id, which is the same in every browser. */
export function paint(element, id) {
    let hash = 0;
    for (const letter of id) hash = (hash + letter.codePointAt(0)) * 0.618034 * 360 % 360;
    element.style.setProperty("--hue", Math.round(hash));
    return element;
}
