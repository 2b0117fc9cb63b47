import { describe, expect, it } from '@jest/globals';
import { requestTarget } from './request-target.ts';

describe('requestTarget', () => {
  it.each([
    ['/a?b#c', '/a?b#c', undefined],
    ['//a', '//a', undefined],
    ['http://x/a?b', '/a?b', 'x'],
    ['HTTPS://x.y:80/a', '/a', 'x.y:80'],
    ['http://[::1]:8080/', '/', '[::1]:8080'],
    ['http://x', '/', 'x'],
    ['http://x?a=/b', '/?a=/b', 'x'],
  ])('takes %s apart', (url, target, authority) => {
    expect(requestTarget(url)).toEqual({ target, authority });
  });

  it.each([
    '',
    '*',
    'a/b',
    '?a',
    'x:443',
    'http:///a',
    'http://a@x/',
    'http://x:y/',
    'http://x#a',
    'http:/x',
    'http://x"/',
  ])('takes no %j', (url) => {
    expect(requestTarget(url)).toBeUndefined();
  });
});
