import { CallError, describeIssues, type Operation, type Validation, validate } from '@parley/contract';

/**
 * Checks the input of a call before it is sent. A promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_input` with the issues
 */
export function checkInput({ input: schema, label }: Operation, input: unknown): void | Promise<void> {
  if (!schema) return;
  const refuse = (validation: Validation<unknown>) => {
    if ('value' in validation) return;
    const { issues } = validation;
    throw new CallError('invalid_input', `not sent: ${describeIssues(issues)}`, { operation: label, issues });
  };
  const validation = validate(schema, input);
  return validation instanceof Promise ? validation.then(refuse) : refuse(validation);
}
