/** CPU time that this process has taken, in ms, for how long a piece of work takes: a busy machine makes only the clock go on. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
