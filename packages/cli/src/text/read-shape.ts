import { boundedText } from '@parley/contract';
import { CliError } from '../cli-error.ts';
import { oneLine } from './one-line.ts';

/** What the JSON of another program should be. */
export interface ExpectedShape<Shape> {
  /** The beginning of the error: `hello: expected its OpenAPI document`. */
  readonly expected: string;
  readonly isShape: (value: unknown) => value is Shape;
  /** The end of the error, what to do: `name requests with --probe`. */
  readonly remedy: string;
}

const mostShown = 100;

/**
 * Reads what another program wrote as JSON of an expected shape.
 *
 * @throws CliError where it is no JSON or has another shape: what was expected, what came (100 characters of it), what to do
 */
export function readShape<Shape>(text: string, shape: ExpectedShape<Shape>): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw otherShape(text, shape);
  }
  return ofShape(value, shape);
}

/** A value that is JSON already, where it has the expected shape. @throws CliError as {@link readShape} */
export function ofShape<Shape>(value: unknown, shape: ExpectedShape<Shape>): Shape {
  if (shape.isShape(value)) return value;
  throw otherShape(JSON.stringify(value), shape);
}

function otherShape(text: string, { expected, remedy }: ExpectedShape<unknown>): CliError {
  const came = boundedText(oneLine(text.trim()), mostShown) || 'nothing';
  return new CliError('failed', `${expected}, got ${came}: ${remedy}`);
}
