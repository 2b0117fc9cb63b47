import { expect, it } from '@jest/globals';
import { clientNetwork } from './client-network.ts';

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:0:0:a:b:c:d', '2001:db8:0:0'],
  ['2001:DB8:0:1::', '2001:db8:0:1'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['', ''],
])('the client at %s is the network %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
