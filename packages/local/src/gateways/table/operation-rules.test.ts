import { describe, expect, it } from '@jest/globals';
import { parsePolicy } from '../policy/policy.ts';
import { tableOf } from '../policy/policy-table.ts';
import { ruleFinder } from './operation-rules.ts';

const operation = (method: string, path: string) => ({ name: method.toLowerCase(), method, path });
const contracts = new Map([
  ['pages', [operation('GET', '/{path*}')]],
  [
    'orders',
    [operation('GET', '/orders/{id}'), operation('POST', '/orders'), operation('PATCH', '/orders/{id}/{part}')],
  ],
  ['tenants', [operation('GET', '/t/{tenant}/info'), operation('PUT', '/t/a/{id}')]],
]);
const rulesOf = (services: Readonly<Record<string, string>>) => {
  const lines = Object.entries(services).map(([name, more]) => `  ${name}: { ${more} }\n`);
  return ruleFinder(tableOf(parsePolicy(`services:\n${lines.join('')}`, 'policy.yaml'), contracts));
};

const find = (services: Readonly<Record<string, string>>) => {
  const ruleOf = rulesOf(services);
  return (path: string) => ruleOf('GET', path).methods;
};

describe('the methods of a path', () => {
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

describe('the operation of a request', () => {
  const ruleOf = rulesOf({ pages: 'contract: a', orders: 'contract: a, methods: any', tenants: 'contract: a' });
  const nameOf = (method: string, path: string) => {
    const { operation } = ruleOf(method, path);
    return operation && `${operation.service}.${operation.name}`;
  };

  it('is that of the service of its path, HEAD with GET', () => {
    expect([nameOf('GET', '/orders/1'), nameOf('HEAD', '/orders/1')]).toEqual(['orders.get', 'orders.get']);
    expect([nameOf('PUT', '/t/a/info'), nameOf('GET', '/t/a/info')]).toEqual(['tenants.put', 'tenants.get']);
  });

  it('is none where the method or the path is none', () => {
    expect([nameOf('DELETE', '/orders/1'), nameOf('GET', '/orders'), nameOf('GET', '/orders/1/2')]).toEqual(
      Array(3).fill(undefined),
    );
  });
});
