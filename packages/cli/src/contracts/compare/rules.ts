/** Where a change is: in what a caller sends, or in what it gets. */
export type Direction = 'request' | 'reply';

/** One kind of change. */
export interface Rule {
  /** Where it can be. */
  readonly directions: readonly Direction[];
  /** Where it breaks callers. */
  readonly breaks: readonly Direction[];
  /** What happened. `{where}`, `{before}` and `{after}` are the place and the values. */
  readonly says: string;
  /** What a caller of today notices, where it breaks. */
  readonly why: string;
}

const both = ['request', 'reply'] as const;
const request = ['request'] as const;
const reply = ['reply'] as const;
const none = [] as const;

const row = (directions: readonly Direction[], breaks: readonly Direction[], says: string, why = ''): Rule => ({
  directions,
  breaks,
  says,
  why,
});

const refused = 'callers that send what was valid are refused';
const unforeseen = 'callers get what the contract ruled out';
const eitherWay = 'what was valid is not';

/** Every kind of change, from the largest thing that changes to the smallest. Code, `docs/contracts-check.md` and tests read this table. */
export const rules = {
  'contract-removed': row(request, request, 'the contract is gone', 'none of its operations can be called'),
  'contract-added': row(request, none, 'the contract is new'),

  'operation-removed': row(request, request, 'the operation is gone', 'callers get 404'),
  'operation-added': row(request, none, 'the operation is new'),
  'operation-renamed': row(
    request,
    request,
    'the operation was {before}, and is {after} now',
    'a typed client has no method of the old name',
  ),
  'method-changed': row(request, request, 'the method was {before}, and is {after} now', 'callers get 405'),
  'path-changed': row(request, request, 'the path was {before}, and is {after} now', 'callers get 404'),
  'path-parameter-renamed': row(
    request,
    request,
    '{where} has another name, {after}',
    'the input of a typed client has no member of the old name',
  ),

  'safety-lowered': row(
    request,
    request,
    'the operation was {before}, and is {after} now',
    'callers may have it carried out twice when they try again',
  ),
  'safety-raised': row(request, none, 'the operation was {before}, and is {after} now'),
  'key-became-required': row(
    request,
    request,
    'an Idempotency-Key is required now',
    'callers that send none are refused',
  ),
  'auth-added': row(request, request, 'callers must say who they are now ({after})', 'callers without it get 401'),
  'auth-removed': row(request, none, 'anybody may call now; {before} was needed'),
  'auth-scheme-removed': row(request, request, '{before} does not admit a caller any more', 'its callers get 401'),
  'auth-scheme-added': row(request, none, '{after} admits a caller too'),
  'scope-added': row(request, request, 'a token needs {after} too', 'callers without it get 403'),
  'scope-removed': row(request, none, 'a token does not need {before} any more'),
  'body-limit-lowered': row(
    request,
    request,
    '{where} was {before}, and is {after} now',
    'callers with larger bodies get 413',
  ),
  'body-limit-raised': row(request, none, '{where} was {before}, and is {after} now'),

  'required-parameter-added': row(
    request,
    request,
    '{where} is new and required',
    'callers that do not send it are refused',
  ),
  'parameter-added': row(request, none, '{where} is new'),
  'parameter-removed': row(
    request,
    request,
    '{where} is gone',
    'what callers send there is ignored, or refused where the input is strict',
  ),
  'parameter-moved': row(request, request, '{before} is in {after} now', 'what callers send in the old place is lost'),
  'parameter-became-required': row(
    request,
    request,
    '{where} is required now',
    'callers that do not send it are refused',
  ),
  'parameter-became-optional': row(request, none, '{where} is optional now'),
  'parameter-style-changed': row(
    request,
    request,
    '{where} was written as {before}, and is written as {after} now',
    'what callers send is read as something else',
  ),

  'required-request-body-added': row(
    request,
    request,
    'a body is required now, and there was none',
    'callers that send none are refused',
  ),
  'request-body-added': row(request, none, 'there may be a body now'),
  'request-body-removed': row(request, request, 'there is no body any more', 'what callers send there is ignored'),
  'request-body-became-required': row(
    request,
    request,
    'the body is required now',
    'callers that send none are refused',
  ),
  'request-body-became-optional': row(request, none, 'the body is optional now'),
  'request-media-type-removed': row(
    request,
    request,
    '{where} cannot be {before} any more',
    'callers that send it get 415',
  ),
  'request-media-type-added': row(request, none, '{where} may be {after} too'),

  'success-status-removed': row(
    reply,
    reply,
    'success is not {before} any more',
    'callers that look at the status do not know the new one',
  ),
  'success-status-added': row(reply, none, 'success may be {after} too'),
  'failure-status-removed': row(reply, none, '{before} is gone from the failures'),
  'failure-status-added': row(reply, none, '{after} is new among the failures'),
  'error-removed': row(
    reply,
    reply,
    'the error {before} is gone',
    'code that handles it never runs, and does not compile where the contract no longer exports it',
  ),
  'error-added': row(reply, none, 'the error {after} is new'),
  'error-status-changed': row(
    reply,
    reply,
    'the error {where} had status {before}, and has {after} now',
    'callers that look at the status take it for another failure',
  ),
  'cache-lifetime-longer': row(
    reply,
    reply,
    'a reply may be used again for {after} s, {before} s before',
    'callers get older replies than they were promised',
  ),
  'cache-lifetime-shorter': row(reply, none, 'a reply may be used again for {after} s, {before} s before'),
  'cache-became-public': row(
    reply,
    reply,
    'shared caches may keep replies now',
    "one caller's reply may be given to another",
  ),
  'cache-became-private': row(reply, none, 'shared caches may keep no reply any more'),

  'reply-body-removed': row(reply, reply, '{where} is gone', 'callers that read it find nothing'),
  'reply-body-added': row(reply, none, '{where} is new'),
  'reply-media-type-removed': row(
    reply,
    reply,
    '{where} is not {before} any more',
    'callers that ask for it, or read nothing else, fail',
  ),
  'reply-media-type-added': row(reply, none, '{where} may be {after} too'),
  'stream-framing-changed': row(
    reply,
    reply,
    'the stream was {before}, and is {after} now',
    'callers cannot find the items in it',
  ),
  'reply-became-stream': row(
    reply,
    reply,
    '{where} comes item by item now',
    'a typed client returns an AsyncIterable in place of a value',
  ),
  'reply-stopped-streaming': row(
    reply,
    reply,
    '{where} does not come item by item any more',
    'a typed client returns a value in place of an AsyncIterable',
  ),
  'required-header-removed': row(reply, reply, '{where} is gone', 'callers that read it find nothing'),
  'header-removed': row(reply, none, '{where} is gone; it was not always there'),
  'header-added': row(reply, none, '{where} is new'),
  'header-became-optional': row(
    reply,
    reply,
    '{where} is not always there any more',
    'callers that read it may find nothing',
  ),
  'header-became-required': row(reply, none, '{where} is always there now'),

  'required-property-added': row(
    both,
    request,
    '{where} is new and required',
    'callers that do not send it are refused',
  ),
  'property-added': row(both, none, '{where} is new'),
  'required-property-removed': row(
    both,
    both,
    '{where} is gone, and was always there',
    'callers that send or read it rely on it',
  ),
  'property-removed': row(
    both,
    request,
    '{where} is gone',
    'what callers send there is ignored, or refused where the object is strict',
  ),
  'property-became-required': row(both, request, '{where} is required now', 'callers that do not send it are refused'),
  'property-became-optional': row(
    both,
    reply,
    '{where} is not always there any more',
    'callers that read it may find nothing',
  ),
  'further-properties-refused': row(
    both,
    request,
    '{where} takes no other members any more',
    'callers that send others are refused',
  ),
  'further-properties-allowed': row(both, none, '{where} may have other members too'),

  'type-changed': row(both, both, '{where} was {before}, and is {after} now', eitherWay),
  'type-narrowed': row(both, request, '{where} was {before}, and is {after} alone now', refused),
  'type-widened': row(both, reply, '{where} was {before} alone, and may be {after} now', unforeseen),
  'became-nullable': row(both, reply, '{where} may be null now', 'callers that read it do not expect null'),
  'no-longer-nullable': row(both, request, '{where} cannot be null any more', 'callers that send null are refused'),
  'variant-removed': row(both, request, '{where} cannot be {before} any more', refused),
  'variant-added': row(both, reply, '{where} may be {after} too', unforeseen),
  'enum-value-removed': row(both, request, '{where} cannot be {before} any more', refused),
  'enum-value-added': row(both, reply, '{where} may be {after} too', unforeseen),
  'became-enum': row(both, request, '{where} is one of {after} now', refused),
  'no-longer-enum': row(both, reply, '{where} may be more than {before}', unforeseen),
  'bound-tightened': row(both, request, '{where} has {after} now, {before} before', refused),
  'bound-loosened': row(both, reply, '{where} has {after} now, {before} before', unforeseen),
  'items-became-unique': row(both, request, '{where} takes no element twice any more', refused),
  'items-no-longer-unique': row(both, reply, '{where} may have an element twice now', unforeseen),
  'pattern-added': row(both, request, '{where} has {after} now', refused),
  'pattern-changed': row(both, both, '{where} has {after} now, {before} before', eitherWay),
  'pattern-removed': row(both, reply, '{where} does not have {before} any more', unforeseen),
  'keyword-changed': row(
    both,
    both,
    '{where} has other conditions ({before}), which this check cannot compare',
    'what was valid may not be',
  ),
  'default-changed': row(both, none, '{where} had the default {before}, and has {after} now'),
} as const satisfies Record<string, Rule>;

/** The name of a kind of change. */
export type RuleName = keyof typeof rules;
