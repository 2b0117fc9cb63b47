// C0 without tab and line break, DEL, and C1: a terminal can take each of them for a command. The others turn the direction of
// the text after them, so that it reads as something else.
const controls = /[[\p{Cc}\p{Bidi_Control}]--[\t\n\u061c\u200e\u200f]]/gv;

/** Makes a text of another process safe for a terminal: control characters, which could move its cursor, change its title or the order of its letters, become `�`. */
export function withoutControls(text: string): string {
  return text.replaceAll(controls, '\ufffd');
}
