import { boundedText } from '../text/bounded-text.ts';

/** One thing that is wrong with a value: where (`address.0.street`, empty for the whole) and what. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** Issues that an error holds. One more issue counts those beyond. */
export const maxIssues = 20;
/** Characters of a path, and of a message, which may quote what came. */
const maxLength = 200;

/** Cuts the texts of an issue to 200 characters each. Returns the same object if none is longer. */
export function boundedIssue(issue: Issue): Issue {
  const { path, message } = issue;
  if (path.length <= maxLength && message.length <= maxLength) return issue;
  return { ...issue, path: boundedText(path, maxLength), message: boundedText(message, maxLength) };
}

/** Bounds the issues of an error: 21 at most, with texts of 200 characters. Returns the same list if it fits. */
export function boundedIssues(issues: readonly Issue[]): readonly Issue[] {
  const isWell = issues.length <= maxIssues + 1 && issues.every((issue) => boundedIssue(issue) === issue);
  if (isWell) return issues;
  const first = issues.slice(0, maxIssues).map(boundedIssue);
  const more = issues.length - first.length;
  return more > 0 ? [...first, { path: '', message: `and ${more} more` }] : first;
}

/** Reads issues from the other side's JSON. Members of another form are dropped; undefined if none is left. */
export function readIssues(list: unknown): readonly Issue[] | undefined {
  if (!Array.isArray(list)) return undefined;
  // Bounded: the list may be as long as a reply.
  const read = list.slice(0, maxIssues + 1).flatMap((one: unknown) => (isIssue(one) ? [one] : []));
  const issues = read.map(({ path, message }) => ({ path, message }));
  return issues.length > 0 ? boundedIssues(issues) : undefined;
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('message' in value)) return false;
  return typeof value.path === 'string' && typeof value.message === 'string';
}

/** Issues in one line. 20 at most, of 400 characters each: the error that holds the line cuts it. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}
