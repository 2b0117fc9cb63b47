import { CallError, describeIssues, type Operation, type Validation, validate } from '@parley/contract';

/**
 * Checks the input of a call before it is sent. A promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_input` with the issues; TypeError where an operation without input gets one
 */
export function checkInput({ input: schema, label }: Operation, input: unknown): void | Promise<void> {
  if (!schema) return refuseMembers(label, input);
  const refuse = (validation: Validation<unknown>) => {
    if ('value' in validation) return;
    const { issues } = validation;
    throw new CallError('invalid_input', `not sent: ${describeIssues(issues)}`, { operation: label, issues });
  };
  const validation = validate(schema, input);
  return validation instanceof Promise ? validation.then(refuse) : refuse(validation);
}

/** An operation without input: what is given is most likely the options, in the wrong place. */
function refuseMembers(label: string, input: unknown): void {
  const [member] = Object.keys(input ?? {});
  if (member === undefined) return;
  throw new TypeError(`${label}: expected no input, got one with ${member}: options come second, (input, options)`);
}
