import { withoutControls } from './without-controls.ts';

/** A text of another process, without line breaks, which would end a row, and without control sequences. */
export function oneLine(text: string): string {
  return withoutControls(text.replaceAll('\n', ' '));
}
