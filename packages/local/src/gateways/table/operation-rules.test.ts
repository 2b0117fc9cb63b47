import { describe, expect, it } from '@jest/globals';
import { parsePolicy } from '../policy/policy.ts';
import { tableOf } from '../policy/policy-table.ts';
import { methodFinder } from './operation-rules.ts';

const operation = (method: string, path: string) => ({ name: method.toLowerCase(), method, path });
const contracts = new Map([
  ['pages', [operation('GET', '/{path*}')]],
  [
    'orders',
    [operation('GET', '/orders/{id}'), operation('POST', '/orders'), operation('PATCH', '/orders/{id}/{part}')],
  ],
  ['tenants', [operation('GET', '/t/{tenant}/info'), operation('PUT', '/t/a/{id}')]],
]);
const find = (services: Readonly<Record<string, string>>) => {
  const lines = Object.entries(services).map(([name, more]) => `  ${name}: { ${more} }\n`);
  return methodFinder(tableOf(parsePolicy(`services:\n${lines.join('')}`, 'policy.yaml'), contracts));
};

describe('methodFinder', () => {
  const methodsAt = find({ orders: 'contract: a' });

  it('knows paths of operations alone, as they are sent', () => {
    expect(methodsAt('/orders')).toEqual(['POST', 'OPTIONS']);
    expect(methodsAt('/orders/x%2Fy')).toEqual(['GET', 'HEAD', 'OPTIONS']);
    expect([methodsAt('/%6frders'), methodsAt('/orders/1/2/3'), methodsAt('/')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('knows no methods at a prefix, whose service decides, though a template elsewhere matches', () => {
    const atPrefix = find({ pages: 'contract: a, prefixes: [/own/]', old: 'prefixes: [/old/]' });
    expect([atPrefix('/old/x'), atPrefix('/own/x')]).toEqual([undefined, undefined]);
    expect(atPrefix('/elsewhere')).toEqual(['GET', 'HEAD', 'OPTIONS']);
  });

  it('takes operations of the service that a path leads to, and no others', () => {
    const both = find({ pages: 'contract: a', orders: 'contract: a', tenants: 'contract: a' });
    expect(both('/orders')).toEqual(['POST', 'OPTIONS']);
    expect(both('/orders/1/more/2')).toBeUndefined();
    expect(both('/t/a/info')).toEqual(['GET', 'HEAD', 'PUT', 'OPTIONS']);
  });

  it('leaves out a service that takes any method', () => {
    const some = find({ orders: 'contract: a, methods: any', tenants: 'contract: a' });
    expect(some('/orders')).toBeUndefined();
    expect(some('/t/b/info')).toEqual(['GET', 'HEAD', 'PUT', 'OPTIONS']);
  });
});
