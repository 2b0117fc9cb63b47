import { CallError, describeIssues, type Operation, validate } from '@parley/contract';
import { brokenContract } from './broken-contract.ts';

/** An error of the contract's own with its data as the schema gives it, or `invalid_reply` where they do not fit; any other error as it is. */
export async function declaredError(operation: Operation, error: CallError): Promise<CallError> {
  const schema = operation.errors.find(({ code }) => code === error.code)?.data;
  if (!schema) return error;
  const validation = await validate(schema, error.data);
  if (validation.issues) return brokenContract(error, `error ${error.code}: ${describeIssues(validation.issues)}`);
  return new CallError(error.code, error.detail, { ...error, data: validation.value, cause: error.cause });
}
