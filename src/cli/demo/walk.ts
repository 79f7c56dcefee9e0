import { setTimeout as sleep } from 'node:timers/promises';
import { approvalText } from '../approval-text.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { eventLine } from '../session-text.ts';
import { approval, approvals, nothing, recording, sessions, verification, type ApprovalView } from '../views.ts';
import type { Cast, McpActor } from './cast.ts';
import { expect, type Story } from './story.ts';

/** The models server seen by three who want different things of it; read top-down, this is what the reader watches. */
export async function walk(cast: Cast, story: Story, random: () => number = Math.random): Promise<void> {
  const began = Date.now();
  const scientist = await cast.connect('scientist');
  try {
    await allowed(scientist, story);
    await masked(scientist, story);
    await denied(cast, scientist, story);
    await held(cast, scientist, story, 2 + Math.floor(random() * 90));
  } finally {
    await scientist.close();
  }
  await replayed(cast, story, began);
  await verified(cast, story);
}

async function allowed(scientist: McpActor, story: Story): Promise<void> {
  story.part('Allowed: a data scientist runs a model');
  const { ok, text } = await tell(story, scientist, 'scientist', 'run_model', { model: 'churn', rows: 500 });
  expect(ok, `run_model was refused: ${text}`);
}

async function masked(scientist: McpActor, story: Story): Promise<void> {
  story.part('Masked: the keys are listed, and none of them is seen; mail addresses neither');
  const { ok, text } = await tell(story, scientist, 'scientist', 'list_api_keys', {});
  expect(ok && !text.includes('lgn_live_') && !text.includes('@'), 'list_api_keys showed a secret');
}

async function denied(cast: Cast, scientist: McpActor, story: Story): Promise<void> {
  story.part('Denied: nobody reads raw training data, and a CI job does not even see what it may not use');
  const { ok } = await tell(story, scientist, 'scientist', 'read_training_data', { model: 'churn' });
  expect(!ok, 'read_training_data was allowed');
  const ci = await cast.connect('ci');
  try {
    const tools = await ci.tools();
    story.say(`ci sees these tools: ${tools.join(', ')}`);
    expect(!tools.includes('run_model'), 'the CI job sees run_model');
  } finally {
    await ci.close();
  }
}

async function held(cast: Cast, scientist: McpActor, story: Story, replicas: number): Promise<void> {
  story.part('Held: changing a deployment takes a lead; the call waits for the answer');
  const lead = await cast.signIn('lead');
  const before = new Set((await pending(lead)).map(({ id }) => id));
  const call = tell(story, scientist, 'scientist', 'update_deployment', { model: 'churn', replicas });
  // Should the story end before it is awaited, its failure is told there.
  call.catch(() => {});
  const asked = await untilAsked(lead, before);
  story.say('lead finds in the inbox:');
  for (const line of approvalText(asked)) story.say(`  ${line}`);
  const { status } = await lead.post(`/api/approvals/${asked.id}/approve`, { reason: 'as agreed in the demo' }, approval);
  story.say(`lead approves: it is ${status}, and the call goes on`);
  const { ok, text } = await call;
  expect(ok && text.includes(String(replicas)), `the approved call did not run: ${text}`);
  await lead.post('/api/sign-out', {}, nothing);
}

/** Clients of the stateless era share a session while it lasts: only what happened since `began` is this walk's. */
async function replayed(cast: Cast, story: Story, began: number): Promise<void> {
  story.part('Replayed: what was asked, decided and answered, as it was recorded');
  const scientist = await cast.signIn('scientist');
  const latest = (await scientist.get('/api/sessions?limit=1', sessions)).sessions[0];
  expect(latest !== undefined, 'no session was recorded');
  const { session, events } = await scientist.get(`/api/sessions/${latest?.id ?? ''}`, recording);
  for (const { event, bodies } of events) {
    if (!event.command?.name.startsWith('tools/call') || event.kind === 'stream.chunk' || Date.parse(event.time) < began) continue;
    story.say(eventLine(event, Date.parse(session.openedAt)));
    for (const { name, text = '' } of bodies) story.say(`      ${name}: ${shortened(text)}`);
  }
  story.say(`all of it: ./bin/sallyport sessions replay ${session.id}, after ./bin/sallyport login`);
  await scientist.post('/api/sign-out', {}, nothing);
}

const WIDTH = 110;

function shortened(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}...` : text;
}

async function verified(cast: Cast, story: Story): Promise<void> {
  story.part('Verified: the record is what was signed');
  const lead = await cast.signIn('lead');
  const report = await lead.post('/api/audit/verify', {}, verification);
  for (const { writer, events, covered } of report.writers) story.say(`${writer}: ${events} events, ${covered} as signed so far`);
  expect(report.ok, 'the record is not as it was signed');
  story.say('the same offline, without the gateway: ./bin/sallyport audit verify');
  await lead.post('/api/sign-out', {}, nothing);
}

async function tell(story: Story, actor: McpActor, name: string, tool: string, args: Readonly<Record<string, unknown>>) {
  story.say(`${name} calls ${tool} ${JSON.stringify(args)}`);
  const result = await actor.call(tool, args);
  for (const line of result.text.split('\n')) story.say(`  ${result.ok ? '<' : 'refused:'} ${line}`);
  return result;
}

async function pending(lead: GatewayClient): Promise<readonly ApprovalView[]> {
  return (await lead.get('/api/approvals?status=pending', approvals)).approvals;
}

async function untilAsked(lead: GatewayClient, before: ReadonlySet<string>): Promise<ApprovalView> {
  for (let tries = 0; tries < 100; tries += 1) {
    const asked = (await pending(lead)).find(({ id, command }) => !before.has(id) && command.includes('update_deployment'));
    if (asked) return asked;
    await sleep(100);
  }
  throw new Error('nothing came into the inbox of the lead');
}
