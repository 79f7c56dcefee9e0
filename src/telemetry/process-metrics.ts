import { constants, monitorEventLoopDelay, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { SECONDS } from './metric.ts';
import type { Registry } from './registry.ts';

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** The process itself, under the names that dashboards know. Watches until it is closed. */
export function watchProcess(registry: Registry, startedAt: number = Date.now() - process.uptime() * 1000): { close(): void } {
  const cpu = registry.counter({ name: 'process_cpu_seconds', help: 'User and system CPU time.' }).with();
  const resident = registry.gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory.' }).with();
  const heap = registry.gauge({ name: 'nodejs_heap_size_used_bytes', help: 'Heap in use.' }).with();
  const external = registry.gauge({ name: 'nodejs_external_memory_bytes', help: 'Memory of buffers and other things outside of the heap.' }).with();
  registry
    .gauge({ name: 'process_start_time_seconds', help: 'When the process began, in seconds since 1970.' })
    .with()
    .set(startedAt / 1000);
  const lag = (name: string) =>
    registry.gauge({ name: `nodejs_eventloop_lag_${name}_seconds`, help: 'Delay of the event loop since the last reading.' }).with();
  const [median, high, worst] = [lag('p50'), lag('p99'), lag('max')];
  const pauses = registry.histogram({ name: 'nodejs_gc_duration_seconds', help: 'Pauses of the garbage collector.', labels: ['kind'] }, SECONDS);

  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // By the documentation of perf_hooks, entries of type `gc` carry this.
      const { detail } = entry as { readonly detail?: NodeGCPerformanceDetail };
      pauses.with(KINDS[detail?.kind ?? 0] ?? 'other').observe(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  registry.onRead(() => {
    const { user, system } = process.cpuUsage();
    cpu.value = (user + system) / 1e6;
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    external.set(memory.external);
    median.set(delay.percentile(50) / 1e9);
    high.set(delay.percentile(99) / 1e9);
    worst.set(delay.max / 1e9);
    delay.reset();
  });
  return {
    close() {
      delay.disable();
      observer.disconnect();
    },
  };
}
