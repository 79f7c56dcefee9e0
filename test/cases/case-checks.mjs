/** What `run-mcp.mjs` cannot look up by itself: what the gateway recorded of a case. Event leaves are plain text in the journal. */
import { setTimeout as sleep } from 'node:timers/promises';

const RECENT_MS = 10_000;

async function recentEvents({ kit }) {
  await sleep(50);
  const since = Date.now() - RECENT_MS;
  const leaves = kit.make.storedText(kit).flatMap((text) => text.match(/\{"[^\0]*?"kind":"(?:command|reply)\.[^\0]*?"writer":"[^"]*"\}/g) ?? []);
  return leaves.flatMap(parseLeaf).filter(({ time }) => Date.parse(time) >= since);
}

function parseLeaf(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

const missing = (found, what) => (found ? null : what);

export const checks = {
  audit_event_written: async (context) =>
    missing(
      (await recentEvents(context)).some(({ kind }) => kind === 'command.refused'),
      'no refusal in the record',
    ),
  audit_subject: async (context, name) => {
    const last = (await recentEvents(context)).findLast(({ kind }) => kind === 'command.forwarded');
    return missing(last?.subject?.id === name, `the record says ${last?.subject?.id}`);
  },
  audit_flag: async (context, flag) =>
    missing(
      (await recentEvents(context)).some(({ command }) => command?.flags?.includes(flag)),
      `no flag ${flag} in the record`,
    ),
};
