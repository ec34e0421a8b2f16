// Tests wait for what they expect, with a generous deadline.

const deadline = 30000;

/** Rejects if the promise is not settled in time. */
export async function inTime(promise, what = "a result") {
    let timer;
    const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no ${what} in time`)), deadline);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** Waits until the function returns something. */
export async function until(isTrue, what = "condition") {
    for (const end = Date.now() + deadline; Date.now() < end; ) {
        const result = await isTrue();
        if (result) return result;
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`${what} did not come true in time`);
}

/** Waits for the client's next `state` event of this kind, and returns it. */
export function stateOf(client, state) {
    return inTime(new Promise((resolve) => {
        const listen = (event) => {
            if (event.state !== state) return;
            client.removeEventListener("state", listen);
            resolve(event);
        };
        client.addEventListener("state", listen);
    }), `state ${state}`);
}

/** Takes events until this many of the type have come. Returns all of them. */
export async function take(iterator, count, type = "message") {
    const events = [];
    while (count > 0) {
        const { value, done } = await inTime(iterator.next(), `event of type ${type}`);
        if (done) throw new Error("the iterator has ended");
        events.push(value);
        if (value.type === type) count--;
    }
    return events;
}

export const texts = (events) => events.filter(({ type }) => type === "message").map(({ text }) => text);
