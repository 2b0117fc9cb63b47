// Which half of the way out a layer is for. compile-time.test.ts compiles this file: a line that ends in `error TS…` must
// give that error, and no other line may give one.
import { type AttemptLayer, type CallLayer, createUpstream } from '@parley/client';

const perCall: CallLayer = (next) => (call) => next({ ...call, headers: { ...call.headers, 'x-tenant': 'a' } });
const perAttempt: AttemptLayer = (next) => (attempt) =>
  next({ ...attempt, headers: { 'x-endpoint': attempt.endpoint } });

createUpstream('things', 'http://a', { layers: { call: [perCall], attempt: [perAttempt] } });
createUpstream('things', 'http://a', { layers: { call: [perCall, (next) => next], attempt: [(next) => next] } });
createUpstream('things', 'http://a', { layers: { call: [perAttempt] } }); // error TS2322
createUpstream('things', 'http://a', { layers: { attempt: [perCall] } }); // error TS2322
createUpstream('things', 'http://a', { layers: { calls: [perCall] } }); // error TS2561

export const wrongHalf: CallLayer = (next) => (call) => next({ ...call, path: call.endpoint }); // error TS2339
export const endpointless: AttemptLayer =
  (next) =>
  ({ call, number }) =>
    next({ call, number }); // error TS2740
