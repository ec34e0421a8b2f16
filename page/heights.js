import { log } from "./log.js";

const measured = new Map();
/** Sums over blocks of ids, so that a new message costs only the sum of the last block. */
const sums = new Map();
const size = 256;
const blockOf = (id) => Math.floor(id / size);
let edges = [];

function sumFrom(begin, end) {
    let sum = 0;
    for (let id = Math.max(begin, log.first); id < end && id <= log.last; id++) sum += heights.of(id);
    return sum;
}

function sumOf(block) {
    if (!sums.has(block)) sums.set(block, sumFrom(block * size, (block + 1) * size));
    return sums.get(block);
}

/** Where each row of the window stands, in pixels. A row that was never shown has an estimated height. */
export const heights = {
    /** Set by the timeline. */
    estimate: () => 0,

    of: (id) => measured.get(id) ?? heights.estimate(id),

    /** Without a height the row is estimated again. */
    set(id, height) {
        if (!height || measured.get(id) !== height) sums.delete(blockOf(id));
        measured.set(id, height);
    },

    /** Must be called when the window has changed. */
    update() {
        const blocks = [log.first, log.last].map(blockOf);
        for (const block of [...edges, ...blocks]) sums.delete(block);
        edges = blocks;
    },

    reset() {
        measured.clear();
        sums.clear();
    },

    /** How far the top of a row is below the top of the window. */
    offset(id) {
        let sum = 0;
        for (let block = blockOf(log.first); block < blockOf(id); block++) sum += sumOf(block);
        return sum + sumFrom(blockOf(id) * size, id);
    },

    total: () => heights.offset(log.last + 1),

    /** The row that covers an offset, or the nearest one. */
    at(offset) {
        let block = blockOf(log.first);
        for (; block < blockOf(log.last) && offset >= sumOf(block); block++) offset -= sumOf(block);
        let id = Math.max(block * size, log.first);
        for (; id < log.last && offset >= heights.of(id); id++) offset -= heights.of(id);
        return id;
    },
};
