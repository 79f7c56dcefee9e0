import type { Family } from './family.ts';
import { Histogram, type Metric } from './metric.ts';

/** OpenMetrics 1.0 for those that ask for it, else the text format that came before. */
export type Exposition = 'openmetrics' | 'text';

export const CONTENT_TYPES: Readonly<Record<Exposition, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** What the `Accept` of a scrape asks for. */
export function expositionFor(accept = ''): Exposition {
  return /(?:^|,)\s*application\/openmetrics-text\s*(?:;|,|$)/i.test(accept) ? 'openmetrics' : 'text';
}

/** https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export function exposed(families: readonly Family<Metric>[], format: Exposition): string {
  const lines = families.flatMap((family) => [
    ...headOf(family, format),
    ...[...family.series].flatMap(({ values, metric }) => linesOf(family, values, metric)),
  ]);
  return `${[...lines, ...(format === 'openmetrics' ? ['# EOF'] : [])].join('\n')}\n`;
}

/** The older format names a counter as its sample is named. */
function headOf({ kind, options: { name, help } }: Family<Metric>, format: Exposition): readonly string[] {
  const shown = kind === 'counter' && format === 'text' ? `${name}_total` : name;
  const unit = format === 'openmetrics' ? UNITS.find((one) => name.endsWith(`_${one}`)) : undefined;
  return [`# TYPE ${shown} ${kind}`, ...(unit ? [`# UNIT ${shown} ${unit}`] : []), `# HELP ${shown} ${escaped(help)}`];
}

const UNITS = ['seconds', 'bytes'];

function linesOf({ kind, options: { name, labels = [] } }: Family<Metric>, values: readonly string[], metric: Metric): readonly string[] {
  const pairs = labels.map((label, at) => `${label}="${escaped(values[at] ?? '').replaceAll('"', '\\"')}"`);
  if (!(metric instanceof Histogram)) return [`${name}${kind === 'counter' ? '_total' : ''}${braces(pairs)} ${numberText(metric.value)}`];
  let below = 0;
  const buckets = [...metric.counts].map((count, at) => {
    below += count;
    const bound = metric.bounds[at];
    return `${name}_bucket${braces([...pairs, `le="${bound === undefined ? '+Inf' : boundText(bound)}"`])} ${below}`;
  });
  return [...buckets, `${name}_count${braces(pairs)} ${below}`, `${name}_sum${braces(pairs)} ${numberText(metric.sum)}`];
}

const braces = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `{${pairs.join(',')}}`);
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
/** OpenMetrics wants bounds as floats: `1.0`. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));
const numberText = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN');
