import { styleText } from 'node:util';

type Entry = Readonly<Record<string, unknown>>;
type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'cyan' | 'magenta' | 'blue' | 'greenBright' | 'cyanBright';

const levelNames: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const levelColours: Readonly<Record<string, Colour>> = { warn: 'yellow', error: 'red', fatal: 'red', info: 'green' };
const replicaColours: readonly Colour[] = ['cyan', 'magenta', 'blue', 'greenBright', 'cyanBright', 'yellow'];
const notWorthShowing = new Set(['time', 'level', 'msg', 'service', 'replica', 'pid', 'hostname', 'state']);

/** Turns log entries into lines for people, each replica in a colour of its own as far as there are colours. */
export function createReadableForm(isColoured: boolean): (entry: Entry) => string {
  const colours = new Map<string, Colour>();
  const paint = (colour: Colour, text: string) =>
    isColoured && text ? styleText(colour, text, { validateStream: false }) : text;
  const colourOf = (who: string): Colour => {
    const colour = colours.get(who) ?? replicaColours[colours.size % replicaColours.length] ?? 'cyan';
    colours.set(who, colour);
    return colour;
  };
  return function readable(entry) {
    const who = String(entry.service === 'local' ? 'local' : (entry.replica ?? entry.service));
    const level = levelNames[String(entry.level)] ?? String(entry.level ?? 'info');
    const parts = [
      paint('dim', clockOf(entry.time)),
      paint(colourOf(who), who.padEnd(13)),
      paint(levelColours[level] ?? 'dim', level.padEnd(5)),
      String(entry.msg ?? ''),
      paint('dim', fieldsOf(entry)),
    ];
    return parts.join(' ').trimEnd();
  };
}

function clockOf(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : String(time));
  return Number.isNaN(date.getTime()) ? '--:--:--.---' : date.toISOString().slice(11, 23);
}

function fieldsOf(entry: Entry): string {
  return Object.entries(entry)
    .filter(([name, value]) => !notWorthShowing.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
