/** An issuer that takes longer is away: somebody's request is waiting. */
const timeoutMs = 2_000;

/** Keys of a big issuer are some 10 KiB. */
const maxBytes = 256 * 1024;

/**
 * Fetches a JWK Set. Redirects are not followed: they would lead to keys that were not configured.
 *
 * @throws Error that names the address, without its query, and what was wrong
 */
export async function fetchJwks(url: URL): Promise<unknown> {
  const address = url.origin + url.pathname;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const response = await fetch(url, { signal, redirect: 'manual', headers });
    if (response.status !== 200) throw new Error(`answered with status ${response.status}`);
    return JSON.parse(await textOf(response));
  } catch (error) {
    const reason = signal.aborted ? `did not answer in ${timeoutMs} ms` : (error as Error).message;
    throw new Error(`${address}: ${reason}`, { cause: (error as Error).cause });
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early ends the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
