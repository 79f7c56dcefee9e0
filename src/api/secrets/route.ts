import { Hono } from 'hono';
import { secretsOf, type SecretSource } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { SealedValue } from '../../credential/sealing/sealed-values.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv, UpstreamDeps } from '../deps.ts';
import { isOwner, ownedTargets } from '../owners.ts';
import { emptySchema, namedSchema, secretSchema } from './schema.ts';

/**
 * Sealed values, for owners of targets. One that targets are opened with is theirs who own all of these; another is whoever's
 * who set it. A value goes in and never comes out.
 */
export function secretRoutes(deps: ApiDeps, { values, rotateKey }: UpstreamDeps): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/secrets', signedIn, async (c) => {
      const { subject } = c.get('caller');
      requireOwner(subject);
      const all = await values.list();
      return c.json({ secrets: all.filter((one) => mayChange(subject, one.name, one)).map((one) => present(one, usersOf(one.name))) });
    })
    .post('/secrets', signedIn, async (c) => {
      const { name, value } = await readBody(c, secretSchema);
      const { subject } = c.get('caller');
      await requireRight(subject, name);
      await values.set(name, value, subject);
      return c.json({ name }, 201);
    })
    .post('/secrets/remove', signedIn, async (c) => {
      const { name } = await readBody(c, namedSchema);
      const { subject } = c.get('caller');
      await requireRight(subject, name);
      await values.remove(name, subject);
      return c.json({ name });
    })
    .post('/secrets/rotate-key', signedIn, async (c) => {
      await readBody(c, emptySchema);
      const { subject } = c.get('caller');
      requireOwner(subject);
      const { sealed, key } = await rotateKey();
      await deps.recorder.append(makeEvent('key.rotated', { subject: eventSubject(subject), note: `secrets are sealed with the key ${key} from here on` }));
      return c.json({ sealed, key });
    });

  function requireOwner(subject: Subject): void {
    if (subject.kind === 'person' && ownedTargets(subject, deps.snapshot()).length > 0) return;
    throw new SallyportError('forbidden', 'secrets are kept by owners of targets', { hint: 'ask an owner of the target' });
  }

  async function requireRight(subject: Subject, name: string): Promise<void> {
    requireOwner(subject);
    if (mayChange(subject, name, await values.find(name))) return;
    throw new SallyportError('forbidden', `the secret ${name} is not yours to change`, {
      hint: 'it is for owners of every target that is opened with it, else for whoever set it',
    });
  }

  function mayChange(subject: Subject, name: string, known: SealedValue | undefined): boolean {
    const users = usersOf(name);
    if (users.length > 0) return users.every((target) => isOwner(subject, target));
    return known === undefined || known.setByKey === subjectKey(subject);
  }

  function usersOf(name: string) {
    return deps.snapshot().targets.filter(({ credential }) => credential !== undefined && secretsOf(credential).some((source) => isSealed(source, name)));
  }
}

const isSealed = (source: SecretSource, name: string): boolean => 'sealed' in source && source.sealed === name;

const present = ({ name, setBy, setAt }: SealedValue, targets: readonly { readonly name: string }[]) => ({
  name,
  setBy,
  setAt: new Date(setAt).toISOString(),
  targets: targets.map((target) => target.name),
});
