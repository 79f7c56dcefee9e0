import type { CommandSpec, OptionSpec } from './command.ts';
import { FIELD_OPTIONS, TIME_OPTIONS } from './event-filter.ts';

const URL_OPTION: OptionSpec = { value: 'URL', about: 'the gateway (default: the one you signed in to, else http://localhost:7600)' };
const PASSWORD_STDIN: OptionSpec = { about: 'read the password from standard input' };
const REASON: OptionSpec = { value: 'TEXT', about: 'why; it is recorded, and the requester sees it' };
const APPROVAL = { name: 'ID', about: 'as `sallyport approvals list` prints it', need: 'required' } as const;
const LOCK_REASON: OptionSpec = { value: 'TEXT', about: 'why; it is recorded, and told to whoever is stopped' };
const LOCKED = [
  { name: 'KIND', about: 'subject, target or session', need: 'required' },
  { name: 'NAME', about: 'person:NAME, workload:NAME, ai-agent:NAME or NAME; a target; the id of a session', need: 'required' },
] as const;
const ACCESS: Readonly<Record<string, OptionSpec>> = {
  target: { value: 'NAME', about: 'the target' },
  command: { value: 'PATTERN', about: "the commands, such as 'tools/call run_*'" },
  where: { value: 'EXPRESSION', about: "only where this holds, such as 'args.rows <= 100'" },
  for: { value: 'TIME', about: 'how long, such as 30m; it begins with the approval' },
  reason: { value: 'TEXT', about: 'why; approvers see it, and it is recorded' },
};
const SESSION = { name: 'ID', about: 'as `sallyport sessions list` prints it', need: 'required' } as const;
const DATA: OptionSpec = { value: 'DIR', about: "the gateway's data folder (default $SALLYPORT_DATA, else ./.sallyport)" };
const PUBLIC_KEY: OptionSpec = { value: 'FILE', about: 'the public keys, one a line (default DIR/keys/checkpoint.pub); a copy kept elsewhere proves more' };
const HELD = [
  { name: 'KIND', about: 'session or target', need: 'required' },
  { name: 'NAME', about: 'the id of a session, or the name of a target', need: 'required' },
] as const;
const TARGET = { name: 'TARGET', about: 'the target', need: 'required' } as const;
const TOOL = { name: 'TOOL', about: 'as `sallyport tools list` prints it', need: 'required' } as const;
const HASH: OptionSpec = { value: 'HASH', about: 'of the definition that you looked at, as `sallyport tools show` prints it' };
const RESOURCES: Readonly<Record<string, OptionSpec>> = {
  config: { value: 'FILE', about: 'sallyport.yaml, which names the resources (default ./sallyport.yaml)' },
  resources: { value: 'PATH', about: 'a folder or file of resources, instead of a configuration' },
};

const APPROVALS_ARE = '`sallyport approvals list --all` shows those that you may see';
const SESSIONS_ARE = '`sallyport sessions list` shows your own, and those on targets that you own';
const TARGETS_ARE = '`sallyport whoami` names the targets in reach';
const TOOLS_ARE = 'tools are shown to owners of the target; `sallyport whoami` tells your groups';

const CONFIG: OptionSpec = { value: 'FILE', about: 'the configuration of the gateway (default ./sallyport.yaml)' };
const ACCOUNT = { name: 'NAME', about: 'its name', need: 'required' } as const;

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'start',
    heading: 'a gateway',
    about: 'run a gateway until Ctrl-C',
    options: {
      config: { value: 'FILE', about: 'the configuration (default ./sallyport.yaml)' },
      demo: { about: 'run the demo instead: an MCP server, a policy and accounts; kept in $SALLYPORT_DATA (./.sallyport), on port $SALLYPORT_PORT (7600)' },
    },
    examples: ['sallyport start --config /etc/sallyport/sallyport.yaml'],
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'accounts add',
    about: 'make a local account, for whoever answers approvals or reads the record',
    arguments: [ACCOUNT],
    options: {
      config: CONFIG,
      groups: { value: 'GROUPS', about: 'its groups, separated by commas' },
      kind: { value: 'KIND', about: 'person (default) or workload' },
    },
    examples: ['sallyport accounts add alice --groups ml-leads --config /etc/sallyport/sallyport.yaml'],
    load: () => import('./commands/accounts-add.ts'),
  },
  { name: 'accounts list', about: 'the local accounts', options: { config: CONFIG }, load: () => import('./commands/accounts-list.ts') },
  {
    name: 'accounts remove',
    about: 'remove a local account; it is signed out',
    arguments: [ACCOUNT],
    options: { config: CONFIG },
    load: () => import('./commands/accounts-remove.ts'),
  },
  {
    name: 'login',
    heading: 'signing in',
    about: 'sign in to a gateway; the sign-in is kept in $SALLYPORT_HOME (~/.config/sallyport)',
    options: { url: URL_OPTION, name: { value: 'NAME', about: 'your account (asked for if absent)' }, 'password-stdin': PASSWORD_STDIN },
    examples: ['sallyport login --url https://sallyport.example.com --name alice'],
    load: () => import('./commands/login.ts'),
  },
  { name: 'logout', about: 'end the sign-in, here and at the gateway', load: () => import('./commands/logout.ts') },
  { name: 'whoami', about: 'who is signed in, with which groups, and which targets are in reach', load: () => import('./commands/whoami.ts') },
  {
    name: 'token',
    about: 'print an access token for one target, good for ten minutes',
    options: {
      target: { value: 'NAME', about: 'the target that the token is for' },
      url: URL_OPTION,
      name: { value: 'NAME', about: 'an account to use instead of the sign-in, for workloads; needs --password-stdin' },
      'password-stdin': PASSWORD_STDIN,
    },
    examples: [
      'export SALLYPORT_TOKEN=$(sallyport token --target models)',
      'printf %s "$CI_PASSWORD" | sallyport token --target models --name ci --password-stdin',
    ],
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'approvals list',
    heading: 'people who answer',
    about: 'held commands that you may answer, or that you asked for',
    options: { all: { about: 'those that were answered or ran out, too' } },
    load: () => import('./commands/approvals-list.ts'),
  },
  {
    name: 'approvals show',
    about: 'one held command, exactly as it would run',
    arguments: [APPROVAL],
    whereAbsent: APPROVALS_ARE,
    load: () => import('./commands/approvals-show.ts'),
  },
  {
    name: 'approvals approve',
    about: 'let a held command run, once',
    arguments: [APPROVAL],
    whereAbsent: APPROVALS_ARE,
    options: { reason: REASON },
    load: () => import('./commands/approvals-approve.ts'),
  },
  {
    name: 'approvals deny',
    about: 'refuse a held command',
    arguments: [APPROVAL],
    whereAbsent: APPROVALS_ARE,
    options: { reason: REASON },
    load: () => import('./commands/approvals-deny.ts'),
  },
  {
    name: 'approvals withdraw',
    about: 'take back what you asked for, or end an access window',
    arguments: [APPROVAL],
    whereAbsent: APPROVALS_ARE,
    options: { reason: REASON },
    load: () => import('./commands/approvals-withdraw.ts'),
  },
  {
    name: 'access request',
    heading: 'access for a while',
    about: 'ask to be let through for a while, instead of command by command',
    options: ACCESS,
    whereAbsent: TARGETS_ARE,
    examples: ["sallyport access request --target models --command 'tools/call run_*' --for 30m --reason 'nightly evaluation'"],
    load: () => import('./commands/access-request.ts'),
  },
  {
    name: 'access break-glass',
    about: 'open access at once in an emergency; it is reviewed afterwards',
    options: ACCESS,
    whereAbsent: TARGETS_ARE,
    load: () => import('./commands/access-break-glass.ts'),
  },
  { name: 'reviews list', about: 'break-glass access that you may review, or took', load: () => import('./commands/reviews-list.ts') },
  {
    name: 'reviews close',
    about: 'close the review of break-glass access',
    arguments: [{ name: 'ID', about: 'as `sallyport reviews list` prints it', need: 'required' }],
    options: { finding: { value: 'TEXT', about: 'what was done with the access' } },
    load: () => import('./commands/reviews-close.ts'),
  },
  {
    name: 'lock',
    heading: 'stopping at once',
    about: 'stop a subject, a target or a session at once, in every process',
    arguments: LOCKED,
    options: { reason: LOCK_REASON },
    examples: ['sallyport lock subject person:mallory --reason "laptop stolen"'],
    load: () => import('./commands/lock.ts'),
  },
  { name: 'unlock', about: 'lift a lock', arguments: LOCKED, options: { reason: LOCK_REASON }, load: () => import('./commands/unlock.ts') },
  { name: 'locks list', about: 'what is locked, of what you may lock', load: () => import('./commands/locks-list.ts') },
  { name: 'alerts list', about: 'what people are told of, and when that last was', load: () => import('./commands/alerts-list.ts') },
  {
    name: 'alerts test',
    about: 'tell everybody whom an alert tells, that this is a test',
    arguments: [{ name: 'NAME', about: 'as `sallyport alerts list` prints it', need: 'required' }],
    load: () => import('./commands/alerts-test.ts'),
  },
  {
    name: 'sessions list',
    heading: 'the record',
    about: 'recorded sessions: your own, and those on targets that you own',
    options: {
      limit: { value: 'N', about: 'how many (default 50, at most 200)' },
      cursor: { value: 'CURSOR', about: 'go on where the last list ended' },
    },
    load: () => import('./commands/sessions-list.ts'),
  },
  {
    name: 'sessions show',
    about: "one session's commands and how each was decided",
    arguments: [SESSION],
    whereAbsent: SESSIONS_ARE,
    load: () => import('./commands/sessions-show.ts'),
  },
  {
    name: 'sessions replay',
    about: 'one session, with every masked request and reply, as it went',
    arguments: [SESSION],
    whereAbsent: SESSIONS_ARE,
    options: { speed: { value: 'N', about: 'how many times as fast: 1 (default in a terminal), 4, 0.5, instant (default elsewhere); a wait is cut to 3 s' } },
    examples: ['sallyport sessions replay 01KB2Q4CZ8W0X7T3M5N6P7R8S9 --speed 4'],
    load: () => import('./commands/sessions-replay.ts'),
  },
  {
    name: 'sessions erase',
    about: 'erase what a closed session said: its payloads and its place in every index; that it was erased is recorded',
    arguments: [SESSION],
    options: { reason: { value: 'TEXT', about: 'why; it is recorded' } },
    load: () => import('./commands/sessions-erase.ts'),
  },
  {
    name: 'hold',
    about: 'legal hold: what is held is neither erased nor deleted, whatever its age',
    arguments: HELD,
    options: { reason: { value: 'TEXT', about: 'why; it is recorded' } },
    examples: ['sallyport hold target models --reason "case 2026-17"'],
    load: () => import('./commands/hold.ts'),
  },
  {
    name: 'release',
    about: 'lift a legal hold',
    arguments: HELD,
    options: { reason: { value: 'TEXT', about: 'why; it is recorded' } },
    load: () => import('./commands/release.ts'),
  },
  { name: 'holds list', about: 'legal holds on what you own', load: () => import('./commands/holds-list.ts') },
  {
    name: 'audit search',
    about: 'what was recorded, the newest first: what you did, and what happened on targets that you own',
    arguments: [{ name: 'TEXT', about: 'words, all of which are in the event or in what was said, masked: word, beginning* and -without', need: 'optional' }],
    options: {
      ...FIELD_OPTIONS,
      ...TIME_OPTIONS,
      limit: { value: 'N', about: 'how many (default 50, at most 200)' },
      cursor: { value: 'CURSOR', about: 'go on where the last page ended' },
    },
    examples: ["sallyport audit search 'churn* rollback' --decision deny --since 7d", 'sallyport audit search --kind approval --target models --json'],
    load: () => import('./commands/audit-search.ts'),
  },
  {
    name: 'audit tail',
    about: 'what is recorded, as it comes, until Ctrl-C; --json prints one event a line',
    options: { ...FIELD_OPTIONS, count: { value: 'N', about: 'end after so many' } },
    examples: ['sallyport audit tail --decision deny --json'],
    load: () => import('./commands/audit-tail.ts'),
  },
  {
    name: 'audit export',
    about: 'what was recorded, all of it, the oldest first, one event a line; exporting is recorded',
    options: {
      format: { value: 'FORMAT', about: 'jsonl (default), csv, or ocsf: API Activity for a SIEM' },
      ...FIELD_OPTIONS,
      ...TIME_OPTIONS,
      text: { value: 'TEXT', about: 'with these words, as `audit search` has them' },
      content: { about: 'with what was said, masked' },
      output: { value: 'FILE', about: 'to this file, which is there in full or not at all (default: standard output)' },
    },
    examples: ['sallyport audit export --format csv --since 2026-11-01 --until 2026-12-01 --output november.csv'],
    load: () => import('./commands/audit-export.ts'),
  },
  {
    name: 'audit verify',
    about: 'compare the record with what was signed; needs no gateway and no secret',
    options: {
      data: DATA,
      database: { value: 'URL', about: 'the copy in a database instead: sqlite:PATH or postgres://...' },
      key: PUBLIC_KEY,
      checkpoint: { value: 'FILE', about: 'signed checkpoints kept elsewhere: they find a rollback of the whole folder' },
    },
    examples: ['sallyport audit verify --data /var/lib/sallyport --key kept/checkpoint.pub --checkpoint kept/checkpoint'],
    load: () => import('./commands/audit-verify.ts'),
  },
  {
    name: 'audit prove',
    about: 'print a proof that one event is in the record as it was signed, or check such a proof; needs no gateway and no secret',
    arguments: [{ name: 'EVENT', about: 'the id of an event', need: 'optional' }],
    options: {
      data: DATA,
      check: { value: 'FILE', about: 'a proof to be checked, instead of an event' },
      key: PUBLIC_KEY,
    },
    examples: ['sallyport audit prove 01KANEVENT00000000000000000 > event.proof', 'sallyport audit prove --check event.proof --key kept/checkpoint.pub'],
    load: () => import('./commands/audit-prove.ts'),
  },
  {
    name: 'audit rotate-key',
    about: 'sign with a new key from here on; the gateway must not run. What the old one signed verifies as before',
    options: { data: DATA },
    load: () => import('./commands/audit-rotate-key.ts'),
  },
  {
    name: 'policy check',
    heading: 'policy and masks (none of these needs a gateway)',
    about: 'find mistakes in resources before a gateway reads them',
    options: {
      ...RESOURCES,
      tools: { value: 'TARGET=FILE', about: "a server's answer to tools/list: what rules ask of arguments is checked against it" },
    },
    examples: ['sallyport policy check --resources ./resources --tools models=tools.json'],
    load: () => import('./commands/policy-check.ts'),
  },
  {
    name: 'policy explain',
    about: 'how a command would be decided, and by which rule',
    options: {
      ...RESOURCES,
      subject: { value: 'KIND:NAME', about: 'person:alice, workload:ci or ai-agent:helper' },
      groups: { value: 'A,B', about: "the subject's groups" },
      target: { value: 'NAME', about: 'the target' },
      command: { value: 'TEXT', about: "the command, such as 'tools/call run_model'" },
      args: { value: 'JSON', about: "the command's arguments (default {})" },
      history: { value: 'A,B', about: 'what the past adds to the risk: first-time, unusual-rate, flagged-session' },
      rules: { about: 'with --json: every rule that was considered, too' },
    },
    examples: ["sallyport policy explain --subject person:alice --groups data-science --target models --command 'tools/call run_model' --args '{\"rows\":10}'"],
    load: () => import('./commands/policy-explain.ts'),
  },
  {
    name: 'policy test',
    about: 'run the tests beside the resources, NAME.test.yaml',
    arguments: [{ name: 'PATH', about: 'a test file, or a folder of them (default: those beside the resources)', need: 'optional' }],
    options: RESOURCES,
    examples: ['sallyport policy test --resources ./resources'],
    load: () => import('./commands/policy-test.ts'),
  },
  {
    name: 'policy simulate',
    about: 'what the recorded commands would come to under other resources',
    options: {
      ...RESOURCES,
      since: { value: 'SPAN', about: 'how far back, such as 12h (default 30d)' },
      data: { value: 'DIR', about: "the gateway's data folder (default $SALLYPORT_DATA, else ./.sallyport)" },
    },
    examples: ['sallyport policy simulate --since 30d --resources ./changed'],
    load: () => import('./commands/policy-simulate.ts'),
  },
  {
    name: 'policy who-can',
    about: 'whom the rules let run a command, and under which conditions',
    arguments: [
      { name: 'COMMAND', about: "the command, such as 'tools/call run_model'", need: 'required' },
      { name: 'on', about: 'the word `on`', need: 'optional' },
      { name: 'TARGET', about: 'the target', need: 'optional' },
    ],
    options: { ...RESOURCES, target: { value: 'NAME', about: 'the target, instead of `on TARGET`' } },
    examples: ["sallyport policy who-can 'tools/call run_model' on models"],
    load: () => import('./commands/policy-who-can.ts'),
  },
  {
    name: 'mask test',
    about: 'mask standard input as a reply would be, and say what was found',
    options: {
      detect: { value: 'A,B', about: 'detectors (default all, where no fields are named)' },
      fields: { value: 'A,B', about: 'JSON paths, such as $..password' },
      operator: { value: 'WORD', about: 'redact, partial, hash, null or fake (default redact)' },
      format: { value: 'WORD', about: 'json, text or sse (default: told by the input)' },
      ...RESOURCES,
      target: { value: 'NAME', about: "mask by this target's policy instead" },
      subject: { value: 'KIND:NAME', about: 'for whom: masks that reveal to them are left out' },
      groups: { value: 'A,B', about: "the subject's groups" },
    },
    examples: ['sallyport mask test < reply.json', 'echo "mail ada@example.org" | sallyport mask test --detect email --json'],
    load: () => import('./commands/mask-test.ts'),
  },
  {
    name: 'tools list',
    heading: 'tools of targets that you own',
    about: 'which are pinned, and which wait for somebody to accept them',
    arguments: [TARGET],
    whereAbsent: TOOLS_ARE,
    options: { all: { about: 'those that are pinned, too' } },
    load: () => import('./commands/tools-list.ts'),
  },
  {
    name: 'tools show',
    about: 'one tool as its server declares it now, beside what was pinned',
    arguments: [TARGET, TOOL],
    whereAbsent: TOOLS_ARE,
    load: () => import('./commands/tools-show.ts'),
  },
  {
    name: 'tools accept',
    about: 'pin a definition: the tool is listed and called as rules allow',
    arguments: [TARGET, TOOL],
    whereAbsent: TOOLS_ARE,
    options: { hash: HASH },
    load: () => import('./commands/tools-accept.ts'),
  },
  {
    name: 'tools reject',
    about: 'refuse a definition: the tool stays hidden and is not asked about again',
    arguments: [TARGET, TOOL],
    whereAbsent: TOOLS_ARE,
    options: { hash: HASH },
    load: () => import('./commands/tools-reject.ts'),
  },
  {
    name: 'demo',
    heading: 'to see it all',
    about: 'a walk through a running `npm start`, from allowed to verified',
    options: {
      data: { value: 'DIR', about: "the demo's data folder (default $SALLYPORT_DATA, else ./.sallyport)" },
    },
    load: () => import('./commands/demo.ts'),
  },
];

/** Options of every command. */
export const COMMON: Readonly<Record<string, OptionSpec>> = {
  json: { about: 'print JSON' },
  help: { about: 'print this' },
};
