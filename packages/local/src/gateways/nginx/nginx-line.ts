/** A line of nginx about itself: `2026/01/31 12:00:00 [notice] 7#7: …`, or `nginx: [emerg] …` before it has a log. */
const ofNginx = /^(?:nginx: |\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[\w+\] )/;
/** A line about a connection: nginx marks it by the connection's number, `*5`. */
const ofConnection = /^(.*? \d+#\d+: )\*\d+ (.*)$/s;
const address = /, upstream: "\w+:\/\/([\d.]+:\d+)/;

/**
 * Removes from a line of nginx' error log what a client or a service has sent: nginx adds the whole request, with its
 * query, and the Referer to it. Keeps what happened, the client's address and the replica's.
 *
 * @returns nothing for a line that is no line of nginx, such as the rest of one that a client has broken in two
 */
export function withoutRequest(line: string): string | undefined {
  if (!ofNginx.test(line)) return undefined;
  const [, head, text] = ofConnection.exec(line) ?? [];
  if (head === undefined || text === undefined) return line;
  const end = text.indexOf(', client: ');
  const what = (end < 0 ? text : text.slice(0, end)).replace(/".*$/s, '"…"');
  const client = end < 0 ? undefined : /^, client: ([\da-fA-F.:]+)/.exec(text.slice(end))?.[1];
  const replica = end < 0 ? undefined : address.exec(text.slice(end))?.[1];
  return `${head}${what}${client ? `, client: ${client}` : ''}${replica ? `, replica: ${replica}` : ''}`;
}
