/** How long one reply blocks the service of the greedy client, in ms. */
export const listWorkMs = 10;

/** Replies that one process can give in a second, at most. */
export const listedPerSecond = 1_000 / listWorkMs;
