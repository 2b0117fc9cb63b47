// What a terminal takes for a command: C0 but tab and line break, DEL, and C1. That a text holds them on purpose is the point.
const controls = /[\p{Cc}--[\t\n]]/gv;

/** A text from another process, for a terminal: control characters, which could move its cursor or change its title, become `�`. */
export function withoutControls(text: string): string {
  return text.replaceAll(controls, '\ufffd');
}
