const notation = 'two notations of one thing: Redocly compares how a schema is written';
const ignored = 'what callers send there has no effect any more; Redocly counts only what is refused';
const optional = 'callers of today cope without it, since it was not always there';
const parleys = 'OpenAPI has no word for it: our documents say it in x-parley or in a header';
const narrower = 'replies are narrower than before, which no caller notices; Redocly looks at no direction here';

/** Pairs that Redocly's `diff` judges otherwise, each with the reason why we do not follow it. */
export const otherOpinions: Readonly<Record<string, string>> = {
  'request: a required member gone': ignored,
  'request: an optional member gone': ignored,
  'request: a list of types as a union': notation,
  'request: null in three notations': notation,
  'request: a constant as an enum of one': notation,
  'request: constants as a union and as a list': notation,
  'request: one of some that is any text now': 'the earlier schema has no type, but all its values are texts',
  'request: a least size that says nothing': 'no text is shorter than 0 characters',
  'request: shapes in another order': notation,
  'request: parts that are one object': notation,
  'reply: an optional member gone': optional,
  'reply: further members allowed': 'callers ignore members that they do not know',
  'reply: a list of types as a union': notation,
  'reply: null refused': narrower,
  'reply: null in three notations': notation,
  'reply: a constant as an enum of one': notation,
  'reply: constants as a union and as a list': notation,
  'reply: multiples of more': narrower,
  'reply: shapes in another order': notation,
  'reply: parts that are one object': notation,
  'reply: a part of an object changes': narrower,
  'reply: a schema that nothing fits': 'a change that we cannot judge counts as breaking',
  'reply: a condition that it cannot compare': 'a change that we cannot judge counts as breaking',
  'another name of a part of the path': 'the input of a typed client has another member; the wire is the same',
  'not idempotent any more': parleys,
  'anybody may call': 'a failure that comes no more breaks no caller',
  'another name of a scheme': 'callers send the same header as before',
  'an operation ends later': 'callers have longer than they were told',
  'a smaller body': parleys,
  'a limit below the files of a form': parleys,
  'a body required': 'callers that send no body are refused',
  'a header that was not always there gone': optional,
  'a header optional now': 'callers that read it may find nothing',
  'an error more, of a status that is there': 'any failure may come at any time; what was there before stays as it is',
  'a longer life in caches': parleys,
  'own caches alone': narrower,
  'parameters of the path itself, by reference': notation,
  'another failure': 'a failure that comes no more breaks no caller',
  'a range of media types': 'the range has the type that was there before',
};
