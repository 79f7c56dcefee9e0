/** One place in which two definitions differ; absent where one of them has nothing there. */
export interface Difference {
  /** `inputSchema.properties.path`, `annotations.readOnlyHint`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const MAX_DIFFERENCES = 200;

/** Where two JSON values differ, leaf by leaf. Order of keys is no difference. */
export function differences(before: unknown, after: unknown): readonly Difference[] {
  const found: Difference[] = [];
  compare(before, after, '', found);
  return found.slice(0, MAX_DIFFERENCES);
}

function compare(before: unknown, after: unknown, path: string, found: Difference[]): void {
  const [a, b] = [membersOf(before), membersOf(after)];
  if (a && b && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...a.keys(), ...b.keys()])) compare(a.get(key), b.get(key), step(path, key, before), found);
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push({ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) });
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

function step(path: string, key: string, owner: unknown): string {
  if (Array.isArray(owner)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
