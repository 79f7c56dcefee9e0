import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import { isSallyportError } from '../../core/error.ts';
import type { Target } from '../../core/target.ts';
import { createEventIds } from './event-ids.ts';
import { createHttpUpstream } from './http-upstream.ts';

const target = (address: string): Target => plainTarget({ address });
const open = (address: string) =>
  createHttpUpstream(target(address), () => Promise.resolve({ kind: 'headers', headers: [], warnings: [] }), createEventIds('t', randomBytes(32)));

test('link-local addresses and cloud metadata are not dialled, in any spelling; private ones are', async () => {
  const refused = [
    '169.254.169.254',
    '2852039166',
    '0xa9.0xfe.0251.254',
    '[fe80::1]',
    '[febf::1]',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
  ];
  for (const host of [...refused, '[fd00:ec2::254]', '[fd20:ce::254]', '100.100.100.200'])
    assert.throws(
      () => open(`http://${host}/mcp`),
      (error) => isSallyportError(error, 'upstream_unreachable'),
      host,
    );
  for (const host of ['127.0.0.1', '10.0.0.1', '192.168.1.1', '[::1]', '[fd00::1]', '[::ffff:10.0.0.1]']) await open(`http://${host}/mcp`).close();
});
