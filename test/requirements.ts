/** Every promise that the README makes, in its own words, with the tests that prove it. `requirements.test.ts` holds both sides. */
export interface Requirement {
  readonly id: string;
  /** Words of the README. */
  readonly promise: string;
  readonly proof: readonly Proof[];
}

export interface Proof {
  readonly file: string;
  /** Name of the test, or how it begins. */
  readonly test: string;
}

const proof = (file: string, test: string): Proof => ({ file, test });

export const REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'one-reading',
    promise:
      'What two parsers could read differently (duplicate or look-alike keys, headers that disagree with the body, rounded numbers, twice-encoded paths) is refused before anybody decides.',
    proof: [
      proof('src/core/json.test.ts', 'refuses duplicate keys, also one hidden by an escape'),
      proof('src/protocols/mcp/codec.test.ts', 'refuses keys that look like one of the protocol, where the protocol has it'),
      proof('src/protocols/mcp/headers.test.ts', 'are a mismatch when missing, different or unreadable'),
      proof('src/core/json.test.ts', 'keeps the source text of a number that a double would change'),
      proof('src/protocols/mcp/uri.test.ts', 'a uri that could mean another place to another reader is refused'),
    ],
  },
  {
    id: 'exactly-one-command',
    promise:
      "An approval is bound to the command, its arguments, the tool's definition, the target's address and the policy; it is used at most once, survives a restart, and never comes from the one who asked.",
    proof: [
      proof('src/approval/conformance-requests.ts', ''),
      proof('src/approval/conformance-answers.ts', ''),
      proof('src/approval/conformance-execution.ts', ''),
      proof('src/core/pipeline.test.ts', 'is not forwarded by whoever comes second to the same grant'),
      proof('test/e2e/crash.test.ts', 'what was pending is pending still, what was running is indeterminate, what ran is consumed'),
      proof('test/e2e/console.test.ts', 'the requester sees that it waits for others and cannot answer'),
    ],
  },
  {
    id: 'sign-in',
    promise: 'people sign in with your OpenID provider',
    proof: [
      proof('src/api/sign-in/oidc.integration.test.ts', 'a person comes in with the name and the groups that the provider says'),
      proof('src/identity/oidc/oidc-provider.integration.test.ts', 'is one in any of three algorithms, and in no other'),
      proof('src/identity/oidc/oidc-provider.integration.test.ts', 'is only what was issued by this provider, to this client, for this attempt'),
      proof('src/identity/oidc/oidc-provider.integration.test.ts', 'has the groups that the provider says, and where it does not say, nobody comes in'),
      proof('test/e2e/sign-in-page.test.ts', 'with one provider it is one key'),
      proof('src/gateway/config.test.ts', 'takes the configuration of each guide'),
    ],
  },
  {
    id: 'saml',
    promise: 'or by SAML 2.0',
    proof: [
      proof('test/e2e/provisioning.test.ts', 'in a real browser the reply of a provider of another site signs in'),
      proof('src/identity/saml/samlp.integration.test.ts', 'what another implementation of a provider writes is read'),
      proof('src/identity/saml/attacks.test.ts', 'XSW1, XSW2'),
      proof('src/api/sign-in/saml.integration.test.ts', 'an assertion counts once'),
      proof('src/api/sign-in/saml.integration.test.ts', 'a reply signs in the browser that asked, and no other'),
      proof('src/gateway/providers-schema.test.ts', 'what the page about SAML shows for each provider is a configuration'),
    ],
  },
  {
    id: 'provisioning',
    promise: 'a provider may keep its people and groups here',
    proof: [
      proof('test/e2e/provisioning.test.ts', 'who is deactivated by SCIM is out in both processes'),
      proof('test/e2e/provisioning.test.ts', 'a group that SCIM takes away in the middle of a session'),
      proof('src/api/scim/scim.integration.test.ts', 'whoever is deactivated, as any client writes it, is out at once'),
      proof('src/api/scim/scim.integration.test.ts', 'nobody takes over another by an address or a displayed name'),
    ],
  },
  {
    id: 'out-at-once',
    promise: 'who signs out, is deactivated or loses a group is out in every process within a second, with what runs',
    proof: [
      proof('test/e2e/sign-out.test.ts', 'signing out ends, in the other process too'),
      proof('test/e2e/sign-out.test.ts', 'who is deactivated is out everywhere'),
      proof('test/e2e/sign-out.test.ts', 'a group that is taken away while a call runs ends that call'),
      proof('src/api/sign-in/oidc.integration.test.ts', 'who signs out at the provider is signed out here; nobody else can say so'),
      proof('src/identity/directory.integration.test.ts', 'a token of a removed person ends here at once and in another process soon'),
    ],
  },
  {
    id: 'console',
    promise:
      'approvals and sessions live, the record searched and followed, replays on a timeline, windows, locks, tools with what changed, the rules in force with `explain`, rights beside their use, what to paste into a client; by keyboard, in light and dark, on narrow screens',
    proof: [
      proof('test/e2e/audit.test.ts', 'in the console: what is recorded appears while one looks'),
      proof('test/e2e/audit.test.ts', 'in the console: a replay is played, paused and stepped through'),
      proof('test/e2e/console.test.ts', 'a session is found and replayed with the keyboard'),
      proof('test/e2e/console-pages.test.ts', 'windows: asked for in the console, seen by the approver without a reload'),
      proof('test/e2e/console-pages.test.ts', 'locks: placed and released in the console'),
      proof('test/e2e/console-pages.test.ts', 'tools: a changed definition is shown beside what was pinned'),
      proof('test/e2e/console-pages.test.ts', 'policy: the rules in force, and how a command would be decided by them'),
      proof('test/e2e/console-pages.test.ts', 'access reviews: who may do what, what of it was used, and what to take away'),
      proof('test/e2e/console-pages.test.ts', 'targets: what I may reach, with the text for each client'),
      proof('test/e2e/console-pages.test.ts', 'every page is one key sequence away, and on a narrow screen behind a menu that closes by itself'),
      proof('test/e2e/console-pages.test.ts', 'in light and in dark colours every text of every page stands out from what is behind it'),
    ],
  },
  {
    id: 'no-record-no-access',
    promise:
      'Each command is on disk before it leaves and each reply before it is seen, masked, in a signed hash tree that `sallyport audit verify` checks offline with the public key alone.',
    proof: [
      proof('src/core/pipeline.test.ts', 'an allowed command is recorded, forwarded, masked, recorded and only then released'),
      proof('src/core/pipeline.test.ts', 'without a record of the intent nothing is forwarded'),
      proof('src/core/pipeline.test.ts', 'without a record of the reply a strict target releases nothing'),
      proof('test/e2e/crash.test.ts', 'kill -9 under load'),
      proof('test/e2e/canary.test.ts', 'a secret in a reply or an argument is found nowhere'),
      proof('src/audit/verify.integration.test.ts', ''),
    ],
  },
  {
    id: 'only-the-url',
    promise: 'Clients change their URL and nothing else.',
    proof: [
      proof('test/e2e/clients.test.ts', 'lists the tools that the subject may call, and no other'),
      proof('test/e2e/inspector.test.ts', 'lists the tools'),
    ],
  },
  {
    id: 'credentials-unseen',
    promise: 'Credentials of targets are injected by the gateway; callers never see them.',
    proof: [
      proof('test/e2e/clients.test.ts', 'a stdio server is reached with its credential, and nothing else of the gateway is in its environment'),
      proof('test/e2e/clients.test.ts', 'no output of the gateway holds a credential or a secret of a reply'),
    ],
  },
  {
    id: 'first-minutes',
    promise: 'The first command walks through it all: allowed, masked, denied, held and approved, replayed, verified.',
    proof: [proof('test/e2e/demo.test.ts', 'a newcomer starts the demo, pastes what it prints')],
  },
  {
    id: 'conformance',
    promise: 'passes the official conformance suites exactly as the server behind it does',
    proof: [proof('test/e2e/conformance.test.ts', 'through the gateway the official conformance suites give the same result as directly, check by check')],
  },
  {
    id: 'transports',
    promise: 'Streamable HTTP of revisions 2025-03-26 to 2026-07-28 and stdio servers',
    proof: [proof('test/e2e/clients.test.ts', 'an allowed call runs, with its progress'), proof('test/e2e/clients.test.ts', 'a stdio server is reached')],
  },
  {
    id: 'machines',
    promise: "by their platform's own token, each good once; programs by a key of their own;",
    proof: [
      proof('src/identity/workloads/workload-tokens.integration.test.ts', 'becomes the workload that its claims make it'),
      proof('src/identity/workloads/workload-tokens.integration.test.ts', 'counts once for each target, in whichever process'),
      proof('src/gateway/machines.integration.test.ts', 'becomes one of ours for one target'),
      proof('src/gateway/machine-clients.integration.test.ts', 'proves itself once by one assertion'),
    ],
  },
  {
    id: 'agents-for-people',
    promise: 'for a person, never more than both may',
    proof: [
      proof('src/policy/properties.test.ts', 'an AI agent for a person gets nothing that the agent, or the person, would not get alone'),
      proof('src/policy/decide.test.ts', 'limits bind an AI agent by its own count and by that of the person behind it'),
      proof('src/gateway/machine-agents.integration.test.ts', 'gets what both may, and no more than either'),
      proof('src/identity/workloads/delegation.integration.test.ts', 'a lock or the end of either ends it'),
    ],
  },
  {
    id: 'command-line',
    promise: '`login` in the browser or by a code, the sign-in in the keyring;',
    proof: [
      proof('test/e2e/cli-login.test.ts', 'a person signs the command line in by the browser'),
      proof('test/e2e/cli-login.test.ts', 'without a desktop it is a code'),
      proof('src/cli/keyring.integration.test.ts', 'where there is a keyring the token is there and not in the file'),
      proof('test/e2e/bridge.test.ts', 'lists tools and calls one, with its progress'),
      proof('src/cli/server-document.test.ts', 'what cannot be added to without touching something else is refused'),
    ],
  },
  {
    id: 'identity',
    promise: 'signed tokens of your own issuers; local accounts for the start and for emergencies; short-lived tokens for one target each',
    proof: [
      proof('src/identity/authenticate.integration.test.ts', ''),
      proof('src/identity/authenticate-signature.integration.test.ts', ''),
      proof('src/identity/own-tokens.integration.test.ts', ''),
      proof('src/identity/accounts.integration.test.ts', ''),
      proof('src/api/token/token.integration.test.ts', ''),
    ],
  },
  {
    id: 'policy',
    promise:
      'YAML: allow, deny and review by group, glob and expression; deny by default; limits; tools pinned against change; `policy check`, `explain`, `test`, `who-can`, `simulate`',
    proof: [
      proof('src/policy/policy-test.test.ts', ''),
      proof('src/policy/who-can.test.ts', ''),
      proof('src/policy/simulate.test.ts', ''),
      proof('src/policy/quota.test.ts', ''),
      proof('src/protocols/mcp/relay-pins.integration.test.ts', ''),
      proof('src/policy/decide.test.ts', ''),
      proof('src/policy/explain.test.ts', ''),
      proof('src/policy/check.test.ts', ''),
    ],
  },
  {
    id: 'approvals',
    promise:
      'console, command line, API, Slack and one-time links by e-mail or webhook ([notices](src/notice/README.md)); the waiting client sees progress and gets the result; access windows and break-glass',
    proof: [
      proof('src/api/hooks/slack.integration.test.ts', ''),
      proof('src/api/links/links.integration.test.ts', ''),
      proof('test/attacks/approvals-table.test.ts', ''),
      proof('src/policy/window.test.ts', ''),
      proof('test/e2e/console.test.ts', 'approved with the keyboard alone, with the reason that the rule asks for, it runs once'),
      proof('test/e2e/clients.test.ts', 'a held call runs once, after a lead approved it, and a repeat gets the kept result'),
    ],
  },
  {
    id: 'notices',
    promise: 'Slack, e-mail and webhooks tell approvers, who answer there or by a one-time link',
    proof: [
      proof('src/notice/notices.integration.test.ts', ''),
      proof('src/api/hooks/slack.integration.test.ts', 'a known person approves with one click, once'),
      proof('src/api/links/links.integration.test.ts', 'a link answers once, as its person'),
    ],
  },
  {
    id: 'locks',
    promise: 'stops at once, in every process',
    proof: [proof('src/lock/locks.integration.test.ts', ''), proof('src/lock/lock.test.ts', '')],
  },
  {
    id: 'masking',
    promise: 'by JSON path and by detector, in replies, errors, notifications, resources and the record itself',
    proof: [
      proof('src/protocols/mcp/mask.test.ts', ''),
      proof('src/masking/masker.test.ts', ''),
      proof('test/e2e/clients.test.ts', 'a reply is masked, in its text and in its structured content'),
    ],
  },
  {
    id: 'looking',
    promise: 'searched by words of what was said, followed live, exported as JSON lines, CSV and OCSF, replayed as it went',
    proof: [
      proof('test/e2e/audit.test.ts', 'what was said is found by its words by whoever did it'),
      proof('test/e2e/audit.test.ts', 'the stream shows what comes to whoever may see it'),
      proof('test/e2e/audit.test.ts', 'a CSV export has no cell that begins like a formula'),
      proof('src/audit/export/ocsf.test.ts', 'every kind of event has the shape of an OCSF API Activity'),
      proof('src/audit/export/ocsf.test.ts', 'a session with a database and its statements have the shape of an OCSF Datastore Activity'),
      proof('test/e2e/audit.test.ts', 'in the console: a replay is played, paused and stepped through'),
    ],
  },
  {
    id: 'audit',
    promise: 'group-committed journal, encrypted bodies, Merkle tree, signed checkpoints',
    proof: [
      proof('src/audit/journal.integration.test.ts', ''),
      proof('src/audit/crash.integration.test.ts', ''),
      proof('src/audit/replay.integration.test.ts', ''),
      proof('src/audit/tree.test.ts', ''),
    ],
  },
  {
    id: 'shipping',
    promise: 'shipped to S3, OpenTelemetry, syslog, webhooks and files',
    proof: [
      proof('test/e2e/sinks.test.ts', ''),
      proof('src/audit/sinks/s3.integration.test.ts', ''),
      proof('src/audit/sinks/otlp.integration.test.ts', ''),
      proof('src/audit/sinks/syslog.integration.test.ts', ''),
      proof('src/audit/sinks/webhook.integration.test.ts', ''),
    ],
  },
  {
    id: 'record life',
    promise: 'retention, holds, erasure, witnesses',
    proof: [
      proof('src/audit/record-life.integration.test.ts', ''),
      proof('src/api/holds/holds.integration.test.ts', ''),
      proof('src/audit/witness.integration.test.ts', ''),
      proof('src/audit/tampering.integration.test.ts', ''),
    ],
  },
  {
    id: 'watching',
    promise: 'Prometheus metrics, OpenTelemetry traces through to the target, alerts on what is recorded by Slack, e-mail and signed webhook',
    proof: [
      proof('src/gateway/metrics.integration.test.ts', ''),
      proof('src/gateway/traces.integration.test.ts', ''),
      proof('src/gateway/alerts.integration.test.ts', ''),
      proof('src/alert/alerts.integration.test.ts', ''),
    ],
  },
  {
    id: 'mcp clients',
    promise: "MCP clients let in by their person through the gateway's own OAuth server, for up to 30 days, also past a sign-out",
    proof: [
      proof('test/e2e/oauth-use.test.ts', 'a client stays let in when its person signs out, in every browser'),
      proof('test/e2e/oauth-clients.test.ts', ''),
      proof('test/e2e/oauth-tools.test.ts', 'the official conformance suite for authorization servers passes'),
      proof('test/e2e/oauth-tools.test.ts', 'the Inspector signs in by itself'),
      proof('src/api/oauth/clients.integration.test.ts', 'Cursor, with a scheme of its own'),
      proof('src/api/oauth/consent.integration.test.ts', 'prompt=none, forged cookies'),
      proof('src/api/oauth/codes.integration.test.ts', 'is redeemed once'),
      proof('src/api/oauth/tokens.integration.test.ts', 'gives a new pair each time; used twice it ends all'),
      proof('src/api/oauth/device.integration.test.ts', 'is let in by a person who types its code'),
      proof('test/attacks/oauth-discovery.integration.test.ts', 'whose id leads inside is refused'),
    ],
  },
  {
    id: 'postgres',
    promise:
      "unchanged clients (psql, pgbench, pg_dump, drivers) by protocol 3.0 and 3.2; each statement is understood by the server's own grammar and decided by what it does; columns are masked wherever they go",
    proof: [
      proof('src/protocols/postgres/clients.integration.test.ts', 'a script of psql gives what it gives directly'),
      proof('src/protocols/postgres/clients.integration.test.ts', 'pgbench runs simple, extended and prepared, with writes in transactions'),
      proof('src/protocols/postgres/clients.integration.test.ts', 'pg_dump through the gateway gives what it gives directly'),
      proof('src/protocols/postgres/sign-in.integration.test.ts', 'protocol 3.2 is spoken, with long keys'),
      proof('src/protocols/postgres/masked-ways.integration.test.ts', 'no way of the wire gives a masked column'),
      proof('src/protocols/postgres/relay-queries.integration.test.ts', 'a statement that no rule allows is refused'),
    ],
  },
  {
    id: 'postgres-commands',
    promise:
      '`connect` opens a port that leads to a database, `credentials` gives a password for some hours, `grants` prints the least rights that the policy needs',
    proof: [
      proof('test/cli/database.integration.test.ts', 'connect runs a client as its caller, over TLS to the gateway, and ends with what it ended with'),
      proof('test/cli/database.integration.test.ts', 'credentials open one target for a while, over TLS, to any client'),
      proof('test/cli/database.integration.test.ts', 'grants tells owners what a role needs, and others nothing'),
      proof('src/protocols/postgres/privileges/grants.integration.test.ts', 'the role that a policy implies runs what the policy lets through'),
    ],
  },
];
