import { SallyportError } from '../core/error.ts';
import { readDuration } from '../policy/duration.ts';
import type { Invocation } from './command.ts';
import { connectSignedIn } from './gateway-client.ts';
import { databaseLogin, type DatabaseLoginView } from './views.ts';

/** A name and password for the target that was named, for as long as was asked for. */
export async function mintDatabaseLogin(invocation: Invocation): Promise<DatabaseLoginView> {
  const { arguments: words, options } = invocation;
  const life = options['for'];
  const milliseconds = life === undefined ? undefined : readDuration(life);
  if (life !== undefined && milliseconds === undefined) throw new SallyportError('usage', `--for ${life} is no time`, { hint: 'such as 10m, 1h or 8h' });
  const gateway = await connectSignedIn(invocation);
  const asked = { target: words[0] ?? '', ...(milliseconds === undefined ? {} : { seconds: Math.ceil(milliseconds / 1000) }) };
  return gateway.post('/api/database-logins', asked, databaseLogin);
}
