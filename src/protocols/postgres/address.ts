import { SallyportError } from '../../core/error.ts';
import type { Target } from '../../core/target.ts';

/** Where a server is; `database` where the address names the only one that may be reached. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
}

/** The policy's schema checked the form: `postgres://host:port/database`. */
export function serverAddress({ name, address = '' }: Target): ServerAddress {
  const url = URL.parse(address);
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol)) throw new SallyportError('internal', `the target ${name} has no address of a PostgreSQL server`);
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    database: database === '' ? undefined : database,
  };
}
