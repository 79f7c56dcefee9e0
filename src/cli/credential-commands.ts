import type { CommandSpec } from './command.ts';
import { TARGET, TARGETS_ARE } from './option-specs.ts';

const SECRET = { name: 'NAME', about: 'as targets name it: `credential: { bearer: { sealed: NAME } }`', need: 'required' } as const;
const SECRETS_ARE = '`sallyport secrets list` shows those that are yours to change';

/** What targets are opened with. */
export const CREDENTIAL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'secrets set',
    heading: 'what opens targets',
    about: 'seal a value in the database of the gateway, asked for without an echo; targets use it at once',
    arguments: [SECRET],
    options: { 'value-stdin': { about: 'read the value from standard input' } },
    examples: ['sallyport secrets set linear-token', 'sallyport secrets set linear-token --value-stdin < token.txt'],
    load: () => import('./commands/secrets-set.ts'),
  },
  {
    name: 'secrets list',
    about: 'sealed values that are yours to change, by name, and which targets use them',
    load: () => import('./commands/secrets-list.ts'),
  },
  {
    name: 'secrets remove',
    about: 'remove a sealed value; what needs it is refused at once',
    arguments: [SECRET],
    whereAbsent: SECRETS_ARE,
    load: () => import('./commands/secrets-remove.ts'),
  },
  {
    name: 'secrets rotate-key',
    about: 'seal everything anew, with a new key of the installation or the one that is configured now',
    load: () => import('./commands/secrets-rotate-key.ts'),
  },
  {
    name: 'connections list',
    about: 'your accounts at targets, and those of others at targets that you own',
    load: () => import('./commands/connections-list.ts'),
  },
  {
    name: 'connections remove',
    about: 'disconnect an account from a target',
    arguments: [{ name: 'ID', about: 'as `sallyport connections list` prints it', need: 'required' }],
    whereAbsent: '`sallyport connections list` shows those that you may remove',
    load: () => import('./commands/connections-remove.ts'),
  },
  {
    name: 'grants',
    about: 'the least rights that a role of the database needs for what the policy lets through; for owners of the target',
    arguments: [TARGET],
    options: {
      as: { value: 'WHO', about: 'for one of these only: group:NAME, person:NAME, workload:NAME or ai-agent:NAME (default: for all together)' },
      role: { value: 'NAME', about: 'what the role is called (default: sallyport_TARGET)' },
      database: { value: 'NAME', about: 'where the address of the target names none' },
    },
    whereAbsent: TARGETS_ARE,
    examples: ['sallyport grants shop --as group:analysts'],
    load: () => import('./commands/grants.ts'),
  },
];
