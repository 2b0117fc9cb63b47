const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * Whether a text holds `.` or `..` between slashes. Gateways decode a path and resolve these before they choose a service, so
 * that `/visits/..%2Fx` is `/x` to them.
 */
export function hasDotSegment(text: string): boolean {
  return text.includes('.') && dotSegment.test(text);
}
