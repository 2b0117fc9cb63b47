const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** Whether a host that a port listens on is reached from the same machine only. */
export function isLoopback(host: string): boolean {
  return loopback.test(host);
}
