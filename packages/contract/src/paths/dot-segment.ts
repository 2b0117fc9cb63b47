const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * Whether a text holds `.` or `..` between slashes. Many gateways decode a path and resolve these before they choose a service, so
 * that `/visits/..%2Fx` is `/x` to them; ours refuse it.
 */
export function hasDotSegment(text: string): boolean {
  return text.includes('.') && dotSegment.test(text);
}

const emptySegment = /^\/|\/\/|\/$|^$/;

/** Whether there is nothing between two slashes of a text, or at an end. Many gateways merge slashes. */
export function hasEmptySegment(text: string): boolean {
  return emptySegment.test(text);
}
