import type { SelectQueryBuilder } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Filter } from './filter.ts';
import { ScimError } from './scim-error.ts';

/** What a list is asked for (RFC 7644 3.4.2). */
export interface ListQuery {
  readonly filter?: Filter;
  /** The first is 1. */
  readonly startIndex: number;
  readonly count: number;
}

export interface Page<Resource> {
  readonly resources: readonly Resource[];
  readonly total: number;
}

export interface Stored {
  readonly id: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly version: number;
}

interface StoredRow {
  readonly id: string;
  readonly created_at: number;
  readonly changed_at: number;
  readonly version: number;
}

export const storedOf = ({ id, created_at: createdAt, changed_at: changedAt, version }: StoredRow): Stored => ({ id, createdAt, changedAt, version });

export const MAX_COUNT = 200;

/** What is looked through for a filter that names no identifier. */
export const BATCH = 500;

export function metaOf(stored: Stored, type: 'User' | 'Group'): JsonObject {
  return {
    resourceType: type,
    created: new Date(stored.createdAt).toISOString(),
    lastModified: new Date(stored.changedAt).toISOString(),
    version: etagOf(stored),
  };
}

export const etagOf = ({ version }: Pick<Stored, 'version'>): string => `W/"${version}"`;

/** `match` is the ETag that a resource must still have. */
export function checkMatch(row: Pick<Stored, 'version'>, match: string | undefined): void {
  if (match === undefined || match === '*' || match === etagOf(row)) return;
  throw new ScimError('conflict', 'the resource was changed since it was read');
}

/** Those of all resources that fit, of which one page is kept. */
export async function filtered<Resource>(
  batches: AsyncIterable<readonly Resource[]>,
  fits: (resource: Resource) => boolean,
  { startIndex, count }: ListQuery,
): Promise<Page<Resource>> {
  const resources: Resource[] = [];
  let total = 0;
  for await (const batch of batches)
    for (const resource of batch) {
      if (!fits(resource)) continue;
      total += 1;
      if (total >= startIndex && resources.length < count) resources.push(resource);
    }
  return { resources, total };
}

/** One page of rows that come in the order of their ids, and how many there are. */
export async function pageOf<Table extends keyof Schema, Row, Resource>(
  rows: SelectQueryBuilder<Schema, Table, Row>,
  { startIndex, count }: ListQuery,
  load: (rows: readonly Row[]) => Promise<readonly Resource[]>,
): Promise<Page<Resource>> {
  const counted = rows
    .clearSelect()
    .clearOrderBy()
    .select((row) => row.fn.countAll<number>().as('total'));
  const { total } = await counted.executeTakeFirstOrThrow();
  const found = await rows
    .offset(startIndex - 1)
    .limit(count)
    .execute();
  return { resources: await load(found), total };
}

/** All rows in the order of their ids, of which `next` gives those after one, `BATCH` at the most. */
export async function* batchesOf<Row extends { readonly id: string }, Resource>(
  next: (after: string) => Promise<readonly Row[]>,
  load: (rows: readonly Row[]) => Promise<readonly Resource[]>,
): AsyncGenerator<readonly Resource[]> {
  let after = '';
  for (;;) {
    const rows = await next(after);
    yield await load(rows);
    after = rows.at(-1)?.id ?? '';
    if (rows.length < BATCH) return;
  }
}
