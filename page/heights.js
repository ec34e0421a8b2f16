import { log } from "./log.js";

const blockSize = 256;
const blockOf = (id) => Math.floor(id / blockSize);
const measured = new Map();
/** Sums per block of ids, so that a new message costs nothing but the sum of the last block. */
const sums = new Map();
let first = 1;
let last = 0;

function sumFrom(begin, end) {
    let sum = 0;
    for (let id = Math.max(begin, first); id < end && id <= last; id++) sum += heights.of(id);
    return sum;
}

function sumOf(block) {
    if (!sums.has(block)) sums.set(block, sumFrom(block * blockSize, (block + 1) * blockSize));
    return sums.get(block);
}

/** Where each row of the window stands, in pixels. A row that was never shown has an estimated height. */
export const heights = {
    /** Set by the timeline. */
    estimate: () => 0,

    of: (id) => measured.get(id) ?? heights.estimate(id),

    set(id, height) {
        if (measured.get(id) !== height) sums.delete(blockOf(id));
        measured.set(id, height);
    },

    /** Takes over the window of the log. */
    update() {
        for (const edge of [first, last, log.first, log.last]) sums.delete(blockOf(edge));
        for (; first < log.first && first <= last; first++) {
            measured.delete(first);
            sums.delete(blockOf(first));
        }
        ({ first, last } = log);
    },

    reset() {
        measured.clear();
        sums.clear();
    },

    /** Estimates a range again, because it has been loaded. */
    forget(begin, size) {
        for (let id = begin; id < begin + size; id++) {
            measured.delete(id);
            sums.delete(blockOf(id));
        }
    },

    /** How far the top of a row is below the top of the window. */
    offset(id) {
        let sum = 0;
        for (let block = blockOf(first); block < blockOf(id); block++) sum += sumOf(block);
        return sum + sumFrom(blockOf(id) * blockSize, id);
    },

    total: () => heights.offset(last + 1),

    /** The row that covers an offset, or the nearest one. */
    at(offset) {
        let block = blockOf(first);
        for (; block < blockOf(last) && offset >= sumOf(block); block++) offset -= sumOf(block);
        let id = Math.max(block * blockSize, first);
        for (; id < last && offset >= heights.of(id); id++) offset -= heights.of(id);
        return id;
    },
};
