import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MetricsRegistry } from './registry.ts';

/** How often Node samples delays, in ms. */
const resolutionMs = 10;

/**
 * Metrics of the process and of Node, with the names that Prometheus' clients gave them. Returns a function that stops what measures.
 *
 * Without times of garbage collections: an observer of them ends the process at the next one where `Object.prototype` has a
 * member `value` or `writable` (Node 24.21), which a request may have put there.
 */
export function processMetrics(registry: MetricsRegistry): () => void {
  const one = (value: number) => [{ labels: [], value }];
  const memory = () => process.memoryUsage();
  registry.observed(
    'counter',
    { name: 'process_cpu_seconds_total', help: 'CPU time of the process, user and system.' },
    () => {
      const { user, system } = process.cpuUsage();
      return one((user + system) / 1e6);
    },
  );
  registry.observed(
    'gauge',
    { name: 'process_start_time_seconds', help: 'Start of the process, in seconds since 1970.' },
    () => one(performance.timeOrigin / 1000),
  );
  registry.observed('gauge', { name: 'process_resident_memory_bytes', help: 'Memory that the process holds.' }, () =>
    one(memory().rss),
  );
  registry.observed('gauge', { name: 'nodejs_heap_size_used_bytes', help: "V8's heap in use." }, () =>
    one(memory().heapUsed),
  );
  registry.observed(
    'gauge',
    { name: 'nodejs_external_memory_bytes', help: 'Memory of buffers outside the heap.' },
    () => one(memory().external),
  );
  return eventLoopMetrics(registry);
}

// Totals, not averages since the last scrape: with two Prometheus servers each would reset the other's.
function eventLoopMetrics(registry: MetricsRegistry): () => void {
  registry.observed(
    'counter',
    {
      name: 'nodejs_eventloop_active_seconds_total',
      help: 'Time in which the event loop worked: its rate is the utilization.',
    },
    () => [{ labels: [], value: performance.eventLoopUtilization().active / 1000 }],
  );
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const turns = () => (delays.count === 0 ? 0 : delays.count);
  registry.observed(
    'counter',
    { name: 'nodejs_eventloop_delay_seconds_total', help: 'How late the turns of the event loop were, summed.' },
    // Node counts the time between two samples as delay.
    () => [{ labels: [], value: turns() && Math.max(0, delays.mean / 1e9 - resolutionMs / 1000) * turns() }],
  );
  registry.observed(
    'counter',
    { name: 'nodejs_eventloop_delays_total', help: 'Turns whose delay is in nodejs_eventloop_delay_seconds_total.' },
    () => [{ labels: [], value: turns() }],
  );
  return () => delays.disable();
}
