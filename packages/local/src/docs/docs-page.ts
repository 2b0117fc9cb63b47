import { createHash } from 'node:crypto';
import type { Operation } from '../operations.ts';

/** A service on the page. */
export interface DocumentedService {
  readonly name: string;
  /** Its own API docs, with a form for each operation. */
  readonly url: string;
  /** Undefined where it gave no document. */
  readonly operations: readonly Operation[] | undefined;
}

const style = `
:root { color-scheme: light dark; --quiet: #57606a; --line: #c4ccd4; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a7b0ba; --line: #454e58; --link: #7db7f5; } }
body { max-width: 70rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; font: 1rem / 1.5 system-ui, sans-serif; }
a { color: var(--link); }
h2 { margin: 2rem 0 0.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p { margin: 0 0 0.5rem; color: var(--quiet); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.25rem 1rem 0.25rem 0; text-align: left; vertical-align: top; }
th { font-weight: normal; color: var(--quiet); }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** Nothing but the page's own style: no script, no other file, no frame around it. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page with the operations of all services. Each leads to its form in the service's own API docs. */
export function docsPage(services: readonly DocumentedService[], gateway: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API docs of all services</title>
<style>${style}</style>
</head>
<body>
<h1>API docs of all services</h1>
<p>What runs behind <a href="${escaped(gateway)}">${escaped(gateway)}</a>. An operation leads to its description, and to a form that tries it.</p>
<nav><p>${services.map(({ name }) => `<a href="#${escaped(encodeURIComponent(name))}">${escaped(name)}</a>`).join(' · ')}</p></nav>
${services.map(sectionOf).join('\n')}
</body>
</html>
`;
}

function sectionOf({ name, url, operations }: DocumentedService): string {
  const id = escaped(encodeURIComponent(name));
  // What gives no document may have no API docs either.
  const title = `<h2 id="${id}">${operations ? `<a href="${escaped(url)}">${escaped(name)}</a>` : escaped(name)}</h2>`;
  if (!operations)
    return `<section>\n${title}\n<p>It gives no OpenAPI document now: it does not answer, or has none.</p>\n</section>`;
  if (operations.length === 0) return `<section>\n${title}\n<p>It has no operations.</p>\n</section>`;
  const rows = operations.map((operation) => rowOf(operation, url)).join('\n');
  return `<section>
${title}
<table>
<thead><tr><th scope="col">Operation</th><th scope="col">Method and path</th><th scope="col">What it does</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</section>`;
}

function rowOf({ name, method, path, summary }: Operation, url: string): string {
  // The sections of the service's own page are named after its operations.
  const link = `<a href="${escaped(`${url}#${encodeURIComponent(name ?? '')}`)}">${escaped(name ?? path)}</a>`;
  return `<tr><td>${link}</td><td><code>${escaped(`${method} ${path}`)}</code></td><td>${escaped(summary)}</td></tr>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names and summaries are texts of another process. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
