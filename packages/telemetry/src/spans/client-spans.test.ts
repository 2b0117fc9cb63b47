import { describe, expect, it } from '@jest/globals';
import { attempt, call, place } from '../../test-fixtures/finished.ts';
import { attemptSpan, callSpan } from './client-spans.ts';

describe('the span of a call', () => {
  it.each([
    [200, undefined, false, false],
    [404, 'not_found', true, false],
    [503, 'unavailable', true, true],
    [undefined, 'unavailable', true, true],
    [undefined, 'deadline_exceeded', true, true],
    [undefined, 'overloaded', true, false],
    [undefined, 'cancelled', false, false],
  ])('that ended with %p (%p) is an error: %p, worth keeping: %p', (status, code, isError, isWorthKeeping) => {
    const span = callSpan(call({ status, code }), place(), 1000);
    expect({ isError: span.isError, isWorthKeeping: span.isWorthKeeping }).toEqual({ isError, isWorthKeeping });
    expect(span.attributes()['error.type']).toBe(code);
  });

  it('says what became of it, over all its attempts', () => {
    const span = callSpan(call({ attempts: 2, fate: 'success_after_retry', durationMs: 1001 }), place(), 1000);
    expect(span.isWorthKeeping).toBe(true);
    expect(span.attributes()).toMatchObject({ 'parley.attempts': 2, 'parley.fate': 'success_after_retry' });
  });
});

describe('the span of an attempt', () => {
  const attributesOf = (...[overrides]: Parameters<typeof attempt>) =>
    attemptSpan(attempt(overrides), place()).attributes();

  it('says where it went', () => {
    expect(attributesOf()).toMatchObject({
      'server.address': 'stock',
      'server.port': 3000,
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 3000,
      'url.full': 'http://10.0.0.7:3000/api/items/7',
    });
  });

  it.each([
    ['https://stock.internal', { 'server.port': 443, 'url.full': 'https://stock.internal/api/items/7' }],
    ['http://[::1]:80', { 'server.port': 80, 'network.peer.address': '::1' }],
    ['unix:/run/stock.sock', { 'network.transport': 'unix', 'network.peer.address': '/run/stock.sock' }],
  ])('at %s too', (endpoint, expected) => {
    expect(attributesOf({ endpoint })).toMatchObject(expected);
  });

  it('says which sending of its call it is', () => {
    expect(attributesOf()).not.toHaveProperty('http.request.resend_count');
    expect(attributesOf({ resends: 2 })['http.request.resend_count']).toBe(2);
    expect(attributesOf({ resends: 1, isHedge: true })).toMatchObject({ 'parley.hedge': true });
  });

  it('alone keeps no trace', () => {
    const span = attemptSpan(attempt({ status: 503, code: 'unavailable' }), place());
    expect(span).toMatchObject({ isError: true, isWorthKeeping: false });
  });
});
