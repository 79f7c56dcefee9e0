/** A stand-in for the gateway's API with made-up records, to work on the page alone: `node dev/stand-in.ts`, then `npm run dev`. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { ApprovalView } from '../src/api/approvals.ts';
import type { Replay, SessionView } from '../src/api/sessions.ts';

const ago = (s: number): string => new Date(Date.now() - s * 1000).toISOString();
const sha = (t: string): string => createHash('sha256').update(t).digest('hex');
const approval = (parts: Partial<ApprovalView>): ApprovalView => {
  const shown = parts.shown ?? '{}';
  return {
    id: randomUUID().replaceAll('-', '').slice(0, 26).toUpperCase(),
    status: 'pending',
    subject: { name: 'scientist', kind: 'person', groups: ['data-science'] },
    target: 'models',
    command: 'tools/call update_deployment',
    digest: sha(shown),
    rule: 'changes-need-a-lead',
    reason: 'a change to what customers use',
    risk: {
      score: 62,
      factors: [
        { name: 'write', points: 40 },
        { name: 'destructive', points: 20 },
        { name: 'person', points: 2 },
      ],
    },
    approvals: [{ rule: 'changes-need-a-lead', from: ['group:ml-leads'], quorum: 1, reason: 'required' }],
    answers: [],
    createdAt: ago(40),
    expiresAt: ago(-250),
    mayAnswer: true,
    mine: false,
    ...parts,
    shown,
  };
};
const cmd = (name: string, args: unknown): string => JSON.stringify({ arguments: { arguments: args, name }, name: `tools/call ${name}`, protocol: 'mcp' });
let approvals: ApprovalView[] = [
  approval({ shown: cmd('update_deployment', { model: 'churn', replicas: 12, region: 'eu-west-1', notes: 'Raise capacity for the campaign' }) }),
  approval({
    command: 'tools/call delete_model',
    expiresAt: ago(-48),
    risk: {
      score: 88,
      factors: [
        { name: 'destructive', points: 70 },
        { name: 'not reversible', points: 10 },
        { name: 'ai agent', points: 8 },
      ],
    },
    subject: { name: 'claude for scientist', kind: 'ai-agent', groups: ['data-science', 'agents'] },
    shown: cmd('delete_model', {
      model: 'fraud\u202Etset-\u202C',
      reason: '<script>document.title="owned"</script><img src=x onerror=alert(1)> \u001b[31mred',
      שם: 'abc שלום 123',
    }),
  }),
  approval({
    command: 'tools/call run_model',
    mayAnswer: false,
    mine: true,
    risk: { score: 31, factors: [{ name: 'runs code', points: 31 }] },
    shown: cmd('run_model', { model: 'churn', input: 'x'.repeat(9000) }),
    reason: 'large input',
  }),
  approval({
    status: 'consumed',
    createdAt: ago(4000),
    shown: cmd('update_deployment', { model: 'churn', replicas: 3 }),
    answers: [{ approver: 'lead', answer: 'approve', reason: 'agreed in the stand-up', at: ago(3900) }],
  }),
  approval({
    status: 'denied',
    createdAt: ago(9000),
    command: 'tools/call delete_model',
    shown: cmd('delete_model', { model: 'prices' }),
    answers: [{ approver: 'lead', answer: 'deny', reason: 'still in use by billing', at: ago(8900) }],
  }),
  approval({ status: 'expired', createdAt: ago(90000), shown: cmd('update_deployment', { model: 'churn', replicas: 3 }) }),
  approval({ status: 'indeterminate', createdAt: ago(99000), shown: cmd('update_deployment', { model: 'churn', replicas: 3 }) }),
];
const sessions: SessionView[] = Array.from({ length: 70 }, (_, i) => ({
  id: `01JZ0000000000000000000${String(i).padStart(3, '0')}`,
  openedAt: ago(60 + i * 3000),
  lastAt: ago(5 + i * 2900),
  ...(i > 2 ? { closedAt: ago(i * 2900) } : {}),
  subject: ['scientist', 'lead', 'ci', 'evil\u202Etseug'][i % 4] ?? '',
  subjectKind: i % 4 === 2 ? 'workload' : 'person',
  target: 'models',
  client: 'claude-code/2.4.1 (external, cli) 127.0.0.1',
  commands: (i * 7) % 40,
  refused: i % 3,
  masked: (i * 5) % 13,
}));
const body = (name: string, value: unknown) => ({ name, contentType: 'application/json', text: typeof value === 'string' ? value : JSON.stringify(value) });
const decision = (effect: 'allow' | 'deny' | 'review', rule: string, score: number, reason = '') => ({ effect, rule, reason, risk: { score, factors: [] } });
const replay = (session: SessionView): Replay => {
  const t = (ms: number): string => new Date(Date.parse(session.openedAt) + ms).toISOString();
  const c = (name: string) => ({ name, digest: '', flags: [] });
  return {
    session,
    events: [
      { event: { id: '1', time: t(0), kind: 'session.opened' }, bodies: [] },
      {
        event: { id: '2', time: t(12), kind: 'command.forwarded', command: c('tools/list'), decision: decision('allow', 'handshake', 2) },
        bodies: [body('request', { jsonrpc: '2.0', id: 1, method: 'tools/list' })],
      },
      {
        event: { id: '3', time: t(31), kind: 'reply.received', intent: '2', outcome: { status: 'ok', milliseconds: 19 } },
        bodies: [body('reply', { jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'list_models' }, { name: 'run_model' }] } })],
      },
      {
        event: {
          id: '4',
          time: t(2400),
          kind: 'command.forwarded',
          command: c('tools/call get_model_metadata'),
          decision: decision('allow', 'read-metadata', 12, 'data scientists read metadata'),
        },
        bodies: [body('request', { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'get_model_metadata', arguments: { model: 'churn' } } })],
      },
      {
        event: {
          id: '5',
          time: t(2434),
          kind: 'reply.received',
          intent: '4',
          outcome: { status: 'ok', milliseconds: 34 },
          masks: [
            { by: 'detector', name: 'email', count: 1 },
            { by: 'detector', name: 'card', count: 1 },
          ],
        },
        bodies: [
          body('reply', { jsonrpc: '2.0', id: 2, result: { structuredContent: { id: 'churn', owner: '[masked email]', billing: { card: '[masked card]' } } } }),
        ],
      },
      {
        event: {
          id: '6',
          time: t(9000),
          kind: 'command.refused',
          command: c('tools/call read_training_data'),
          decision: decision('deny', 'no-training-data', 45, 'training data stays where it is'),
        },
        bodies: [body('request', { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'read_training_data' } })],
      },
      { event: { id: '7', time: t(14000), kind: 'approval.requested', approval: 'A1', command: c('tools/call update_deployment') }, bodies: [] },
      { event: { id: '8', time: t(38000), kind: 'approval.granted', approval: 'A1', note: 'lead: agreed' }, bodies: [] },
      {
        event: {
          id: '9',
          time: t(38020),
          kind: 'command.forwarded',
          approval: 'A1',
          command: c('tools/call update_deployment'),
          decision: decision('review', 'changes-need-a-lead', 62, 'a change to what customers use'),
        },
        bodies: [body('request', '{"notes":"\u001b[2J<script>alert(1)</script>\u202e"}')],
      },
      {
        event: { id: '10', time: t(39300), kind: 'reply.received', intent: '9', outcome: { status: 'error', milliseconds: 1280 } },
        bodies: [body('reply', 'not json\n\u0007' + 'line\n'.repeat(200))],
      },
    ],
  };
};
let signedIn = false;
const streams = new Set<ServerResponse>();
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://x');
  const json = (status: number, value: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const me = { subject: { name: 'lead', kind: 'person', groups: ['ml-leads'] }, csrf: 'c' };
  const path = url.pathname.split('/').slice(2);
  if (!url.pathname.startsWith('/api/')) {
    const name = url.pathname.includes('.') ? url.pathname : '/index.html';
    const data = await readFile(new URL(`../dist${name}`, import.meta.url)).catch(() => undefined);
    const type = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[name.split('.').pop() ?? ''] ?? 'text/plain';
    return void response.writeHead(data ? 200 : 404, { 'content-type': type, 'content-security-policy': CSP }).end(data);
  }
  if (path[0] === 'sign-in') {
    signedIn = text.includes('"right"');
    return signedIn
      ? json(200, me)
      : json(401, { error: { code: 'unauthenticated', message: 'name or password is wrong', hint: 'the demo prints its accounts when it starts' } });
  }
  if (!signedIn) return json(401, { error: { code: 'unauthenticated', message: 'sign in first' } });
  if (path[0] === 'sign-out') {
    signedIn = false;
    return json(200, {});
  }
  if (path[0] === 'me') return json(200, me);
  if (path[0] === 'targets')
    return json(200, { targets: [{ name: 'models', protocol: 'mcp', url: 'http://localhost:7600/mcp/models', labels: { env: 'demo' } }] });
  if (path[0] === 'token') return json(200, { token: 'eyJ'.repeat(80), expiresAt: ago(-600), target: 'models', url: '' });
  if (path[0] === 'sessions') {
    const at = Number(url.searchParams.get('cursor') ?? 0);
    const found = sessions.find((s) => s.id === path[1]);
    return path[1]
      ? json(found ? 200 : 404, found ? replay(found) : { error: { code: 'not_found', message: 'there is no such session' } })
      : json(200, { sessions: sessions.slice(at, at + 50), ...(at === 0 ? { next: '50' } : {}) });
  }
  if (path[1] === 'stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    streams.add(response);
    return;
  }
  if (path[0] === 'new') {
    approvals = [approval({ command: 'tools/call brand_new', createdAt: ago(0) }), ...approvals];
    for (const s of streams) s.write(`event: change\ndata: ${JSON.stringify(approvals[0])}\n\n`);
    return json(200, {});
  }
  if (path[2]) {
    approvals = approvals.map((a) =>
      a.id === path[1]
        ? {
            ...a,
            status: path[2] === 'approve' ? 'granted' : 'denied',
            mayAnswer: false,
            answers: [
              {
                approver: 'lead',
                answer: path[2] === 'approve' ? 'approve' : 'deny',
                reason: (JSON.parse(text) as { reason?: string }).reason ?? '',
                at: ago(0),
              },
            ],
          }
        : a,
    );
    return json(
      200,
      approvals.find((a) => a.id === path[1]),
    );
  }
  const one = approvals.find((a) => a.id === path[1]);
  return path[1] ? json(one ? 200 : 404, one ?? { error: { code: 'not_found', message: 'there is no such approval' } }) : json(200, { approvals });
}).listen(Number(process.env['PORT'] ?? 7690), '127.0.0.1');
