/** What a customer of the shop gets. The same before a migration and after each of its steps. */
export interface Exchange {
  readonly name: string;
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** The legacy routes, tried one after the other as a customer with a browser does. */
export async function shopExchanges(url: string): Promise<readonly Exchange[]> {
  const seen: Exchange[] = [];
  const cookies = new Map<string, string>();
  const ask = async (name: string, path: string, init: RequestInit = {}) => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(`${url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { ...init.headers, ...(cookie && { cookie }) },
    });
    for (const one of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      cookies.set(key, value);
    }
    const text = await response.text();
    seen.push({ name, status: response.status, type: response.headers.get('content-type'), text });
    return response;
  };
  const json = (body: unknown) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const form = new FormData();
  form.append('cover', new Blob(['x'.repeat(200_000)]), 'emma.png');

  await ask('a page', '/');
  await ask('an order of a stranger', '/api/orders', json({ book: 'emma' }));
  await ask('a login', '/login', { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) });
  await ask('a page of a customer', '/');
  await ask('an order', '/api/orders', json({ book: 'emma' }));
  await ask('an order that fails', '/api/orders', json({ book: 'none' }));
  await ask('books', '/api/books');
  await ask('a book', '/api/books/emma');
  await ask('a book that is not there', '/api/books/none');
  await ask('an upload', '/covers', { method: 'POST', body: form });
  const file = await ask('a file', '/public/style.css');
  await ask('a part of a file', '/public/style.css', { headers: { range: 'bytes=0-1' } });
  // `fetch` alone would ask for no cache, which Express 4 takes as a wish for the whole file.
  const known = { headers: { 'if-none-match': file.headers.get('etag') ?? '', 'cache-control': 'max-age=0' } };
  await ask('a file that is known', '/public/style.css', known);
  await ask('a page that is not there', '/nothing');
  return seen;
}
