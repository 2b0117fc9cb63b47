/** Times of an upstream in which a busy machine is late for nothing: its processes may stand still for a second. */
export const patient = { callTimeoutMs: 60_000, attemptTimeoutMs: 20_000, connectTimeoutMs: 20_000 };
