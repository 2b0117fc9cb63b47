// C0 without tab and line break, DEL, and C1: a terminal can take each of them for a command.
const controls = /[\p{Cc}--[\t\n]]/gv;

/** Makes a text of another process safe for a terminal: control characters, which could move its cursor or change its title, become `�`. */
export function withoutControls(text: string): string {
  return text.replaceAll(controls, '\ufffd');
}
