/** How OpenAPI describes a way to identify callers. OpenAPI 3.1 §4.8.27. */
export type SecurityScheme =
  | {
      readonly type: 'apiKey';
      readonly in: 'header' | 'query' | 'cookie';
      /** Of the header, parameter or cookie. */
      readonly name: string;
      readonly description?: string;
    }
  | {
      readonly type: 'http';
      /** Of the `Authorization` header: `basic`, `hmac`, … */
      readonly scheme: string;
      readonly description?: string;
    };

/** A service's own way to identify callers: an API key, a session, a signature. Made by {@link authScheme}. */
export interface AuthScheme<Name extends string = string> {
  readonly scheme: Name;
  readonly openapi: SecurityScheme;
}

/** Names that the document has for client certificates and tokens. */
const taken: readonly string[] = ['certificate', 'token'];

/**
 * Declares a service's own way to identify callers, for `auth` of its operations. The service checks them with its option
 * `authenticate`, by the name of the scheme.
 *
 * @throws TypeError where the name is not one in camelCase, or is taken
 * @example
 * export const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
 * placeOrder: post('/api/orders', { summary: 'Orders a book', auth: apiKey, … }),
 */
export function authScheme<const Name extends string>(name: Name, openapi: SecurityScheme): AuthScheme<Name> {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name) || taken.includes(name)) {
    throw new TypeError(
      `an auth scheme's name must be in camelCase, and not ${taken.join(' or ')}; it is ${JSON.stringify(name)}`,
    );
  }
  return { scheme: name, openapi };
}
