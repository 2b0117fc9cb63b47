/** Starts a server of one kind; its port on the loopback. */
export type Listen = () => Promise<number>;
