import { headerNames } from '../wire/header-names.ts';
import { type CallContext, currentContext, isBackground } from './call-context.ts';
import { MinVersions, parseMinVersions } from './min-versions.ts';
import type { MutableContext, ReceivedHeaders } from './received-context.ts';

/**
 * Lets a context ask for at least the versions that a reply names (`x-min-versions`): the versions of the context itself, else of the request
 * that is being served, which gets them here. Outside a request, and without `minVersions` in the context, nobody remembers them.
 *
 * @param context of the call that was replied to
 */
export function noteVersions(context: CallContext, headers: ReceivedHeaders): void {
  const header = headers[headerNames.minVersions];
  if (header === undefined) return;
  const named = parseMinVersions(header);
  if (!named) return;
  const served: MutableContext = currentContext();
  if (!context.minVersions && isBackground(served)) return;
  const own = context.minVersions ?? served.minVersions ?? new MinVersions();
  if (!context.minVersions) served.minVersions = own;
  own.raiseAll(named);
}
