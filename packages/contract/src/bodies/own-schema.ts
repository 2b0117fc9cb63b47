import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonSchema } from '../schemas/json-schema.ts';
import type { Schema } from '../schemas/schema.ts';

type Validate<Output> = (value: unknown) => StandardSchemaV1.Result<Output> | Promise<StandardSchemaV1.Result<Output>>;

/** A schema of ours, of a validation and its JSON Schema for both sides. */
export function ownSchema<Input, Output = Input>(
  validate: Validate<Output>,
  json: JsonSchema | ((side: 'input' | 'output') => JsonSchema),
): Schema<Input, Output> {
  const side = (one: 'input' | 'output') => () => ({ ...(typeof json === 'function' ? json(one) : json) });
  const standard = {
    version: 1,
    vendor: 'parley',
    validate,
    jsonSchema: { input: side('input'), output: side('output') },
  };
  return { '~standard': standard as unknown as StandardSchemaV1.Props<Input, Output> };
}
