import { SallyportError } from '../core/error.ts';
import { LONGEST_LOGIN_MS, SHORTEST_LOGIN_MS } from '../credential/database-logins.ts';
import { readDuration } from '../policy/duration.ts';
import type { Invocation } from './command.ts';
import { connectSignedIn } from './gateway-client.ts';
import { databaseLogin, type DatabaseLoginView } from './views.ts';

/** A name and password for the target that was named, for as long as was asked for. */
export async function mintDatabaseLogin(invocation: Invocation): Promise<DatabaseLoginView> {
  const { arguments: words, options } = invocation;
  const milliseconds = options['for'] === undefined ? undefined : readLife(options['for']);
  const gateway = await connectSignedIn(invocation);
  const asked = { target: words[0] ?? '', ...(milliseconds === undefined ? {} : { seconds: Math.ceil(milliseconds / 1000) }) };
  return gateway.post('/api/database-logins', asked, databaseLogin);
}

function readLife(text: string): number {
  const life = readDuration(text);
  if (life !== undefined && life >= SHORTEST_LOGIN_MS && life <= LONGEST_LOGIN_MS) return life;
  const why = life === undefined ? 'is no time' : 'is not from 10 minutes to 8 hours';
  throw new SallyportError('usage', `--for ${text} ${why}`, { hint: 'such as 10m, 1h or 8h' });
}
