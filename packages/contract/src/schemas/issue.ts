import { boundedText } from '../text/bounded-text.ts';

/** One thing that is wrong with a value: where (`address.0.street`, empty for the whole) and what. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** An error holds so many issues; one more says how many there are beyond. */
export const maxIssues = 20;
/** Characters of a path, and of a message, which may quote what came. */
const maxLength = 200;

/** An issue whose texts are cut to 200 characters each; the same one where they are not longer. */
export function boundedIssue(issue: Issue): Issue {
  const { path, message } = issue;
  if (path.length <= maxLength && message.length <= maxLength) return issue;
  return { ...issue, path: boundedText(path, maxLength), message: boundedText(message, maxLength) };
}

/** The issues of an error: 21 at most, with bounded texts; the same list where nothing was to be cut. */
export function boundedIssues(issues: readonly Issue[]): readonly Issue[] {
  const isWell = issues.length <= maxIssues + 1 && issues.every((issue) => boundedIssue(issue) === issue);
  if (isWell) return issues;
  const first = issues.slice(0, maxIssues).map(boundedIssue);
  const more = issues.length - first.length;
  return more > 0 ? [...first, { path: '', message: `and ${more} more` }] : first;
}

/** What the other side says is wrong, as far as it has the form of issues; nothing where none of it has. */
export function readIssues(list: unknown): readonly Issue[] | undefined {
  if (!Array.isArray(list)) return undefined;
  // Only so many are looked at: the list may be as long as a reply.
  const read = list.slice(0, maxIssues + 1).flatMap((one: unknown) => (isIssue(one) ? [one] : []));
  const issues = read.map(({ path, message }) => ({ path, message }));
  return issues.length > 0 ? boundedIssues(issues) : undefined;
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('message' in value)) return false;
  return typeof value.path === 'string' && typeof value.message === 'string';
}
