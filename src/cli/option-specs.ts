import type { OptionSpec } from './command.ts';

/** Arguments, options and hints that several commands share; `command-table.ts` says which. */

export const URL_OPTION: OptionSpec = { value: 'URL', about: 'the gateway (default: the one you signed in to, else http://localhost:7600)' };
export const PASSWORD_STDIN: OptionSpec = { about: 'read the password from standard input' };
export const REASON: OptionSpec = { value: 'TEXT', about: 'why; it is recorded, and the requester sees it' };
export const APPROVAL = { name: 'ID', about: 'as `sallyport approvals list` prints it', need: 'required' } as const;
export const LOCK_REASON: OptionSpec = { value: 'TEXT', about: 'why; it is recorded, and told to whoever is stopped' };
export const LOCKED = [
  { name: 'KIND', about: 'subject, target or session', need: 'required' },
  { name: 'NAME', about: 'person:NAME, workload:NAME, ai-agent:NAME or NAME; a target; the id of a session', need: 'required' },
] as const;
export const ACCESS: Readonly<Record<string, OptionSpec>> = {
  target: { value: 'NAME', about: 'the target' },
  command: { value: 'PATTERN', about: "the commands, such as 'tools/call run_*'" },
  where: { value: 'EXPRESSION', about: "only where this holds, such as 'args.rows <= 100'" },
  for: { value: 'TIME', about: 'how long, such as 30m; it begins with the approval' },
  reason: { value: 'TEXT', about: 'why; approvers see it, and it is recorded' },
};
export const LOGIN_LIFE: OptionSpec = { value: 'TIME', about: 'how long it opens the target, from 10m to 8h (default 1h)' };
export const SESSION = { name: 'ID', about: 'as `sallyport sessions list` prints it', need: 'required' } as const;
export const WHY: OptionSpec = { value: 'TEXT', about: 'why; it is recorded' };
export const DATA: OptionSpec = { value: 'DIR', about: "the gateway's data folder (default $SALLYPORT_DATA, else ./.sallyport)" };
export const PUBLIC_KEY: OptionSpec = {
  value: 'FILE',
  about: 'the public keys, one a line (default DIR/keys/checkpoint.pub); a copy kept elsewhere proves more',
};
export const HELD = [
  { name: 'KIND', about: 'session or target', need: 'required' },
  { name: 'NAME', about: 'the id of a session, or the name of a target', need: 'required' },
] as const;
export const TARGET = { name: 'TARGET', about: 'the target', need: 'required' } as const;
export const TOOL = { name: 'TOOL', about: 'as `sallyport tools list` prints it', need: 'required' } as const;
export const HASH: OptionSpec = { value: 'HASH', about: 'of the definition that you looked at, as `sallyport tools show` prints it' };
export const RESOURCES: Readonly<Record<string, OptionSpec>> = {
  config: { value: 'FILE', about: 'sallyport.yaml, which names the resources (default ./sallyport.yaml)' },
  resources: { value: 'PATH', about: 'a folder or file of resources, instead of a configuration' },
};

export const APPROVALS_ARE = '`sallyport approvals list --all` shows those that you may see';
export const SESSIONS_ARE = '`sallyport sessions list` shows your own, and those on targets that you own';
export const TARGETS_ARE = '`sallyport whoami` names the targets in reach';
export const TOOLS_ARE = 'tools are shown to owners of the target; `sallyport whoami` tells your groups';

export const CONFIG: OptionSpec = { value: 'FILE', about: 'the configuration of the gateway (default ./sallyport.yaml)' };
export const WRAPPED_BY: OptionSpec = {
  value: 'FILE',
  about: 'the configuration that names the key server, where one wraps the recording key (default ./sallyport.yaml)',
};
export const ACCOUNT = { name: 'NAME', about: 'its name', need: 'required' } as const;
