import type { Log } from '../core/log.ts';
import type { ServerWatch } from '../protocols/protocol.ts';
import type { Registry } from '../telemetry/registry.ts';

/** Tells the operator of stdio servers that die, with their last words, and counts how often each was started. */
export function watchServers(log: Log, registry: Registry | undefined): ServerWatch {
  const labels = ['target'];
  const starts = registry?.counter({ name: 'sallyport_stdio_starts', help: 'Processes of stdio servers that were started.', labels });
  const deaths = registry?.counter({ name: 'sallyport_stdio_deaths', help: 'Processes of stdio servers that ended without being told to.', labels });
  return {
    started(target) {
      starts?.with(target).add();
      log.debug(`target ${target}`, 'a stdio server was started');
    },
    died(target, how, lines) {
      deaths?.with(target).add();
      const said = lines.length === 0 ? 'it wrote nothing to stderr' : `its last lines on stderr:\n${lines.join('\n')}`;
      log.warn(`target ${target}`, `${how}; ${said}`);
    },
  };
}
