import type { CommandSpec } from './command.ts';
import { DATA, RESOURCES } from './option-specs.ts';

/** What one asks of the rules, without a gateway. */
export const POLICY_COMMANDS: readonly CommandSpec[] = [
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
      as: { value: 'KIND:NAME', about: 'another word for --subject' },
      groups: { value: 'A,B', about: "the subject's groups" },
      for: { value: 'person:NAME', about: 'the person for whom an AI agent acts: both must be allowed' },
      'for-groups': { value: 'A,B', about: "that person's groups" },
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
      data: DATA,
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
];
