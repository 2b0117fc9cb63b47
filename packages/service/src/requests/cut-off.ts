const cutOff = Symbol('cut off by the service');

type CutOff = object & { [cutOff]?: true };

/** Notes that the service itself ends the connection of a response that is not complete. Call it before that: nobody blames the client then. */
export function noteCutOff(res: CutOff): void {
  res[cutOff] = true;
}

/** Whether the service has cut a response off: its drain took too long. */
export function isCutOff(res: CutOff): boolean {
  return res[cutOff] === true;
}

/** Why a response ended before it was complete. */
export function whyIncomplete(res: object): string {
  return isCutOff(res) ? 'the service stopped before the answer' : 'client went away';
}
