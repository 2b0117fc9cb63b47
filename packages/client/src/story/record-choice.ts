import type { EndpointGroup } from '../balancing/endpoint-group.ts';
import { scores } from '../balancing/least-loaded.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Request } from '../layer.ts';

/** Of more endpoints than this the ejected ones are not looked for: a choice costs the same however many there are. */
const fewEndpoints = 50;
/** More names would say no more. */
const maxEjected = 5;

/** A choice of an endpoint, and what it was made of. */
export interface Choice {
  readonly endpoint: Endpoint | undefined;
  readonly compared: readonly Endpoint[];
  readonly now: number;
}

/** Tells the story of a request where its next attempt goes, and why. */
export function recordChoice({ story, attempt }: Request, group: EndpointGroup, choice: Choice): void {
  const { endpoint, compared, now } = choice;
  const ejected = group.all.length > fewEndpoints ? [] : group.all.filter(({ isEjected }) => isEjected);
  story.add(
    {
      kind: 'chosen',
      attempt,
      endpoint: endpoint?.address,
      candidates: scores(compared, now),
      ejected: ejected.slice(0, maxEjected).map(({ address }) => address),
      isPanic: group.isPanic,
    },
    now,
  );
}
