import { subjectKey, type Subject } from '../../core/subject.ts';
import type { Storage } from '../../storage/storage.ts';
import { redirectKind } from './redirects.ts';

/** What a person is asked: whether this client, whose codes go there, may reach this target for them. */
export interface ConsentQuestion {
  readonly subject: Subject;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly target: string;
  readonly scope: string;
}

/** Who let which client reach what. */
export interface Consents {
  /** Whether it was answered before, for all of the scope. */
  has(question: ConsentQuestion): Promise<boolean>;
  give(question: ConsentQuestion): Promise<void>;
}

export function openConsents({ db }: Storage, now: () => number): Consents {
  const row = (question: ConsentQuestion) => ({
    subject_key: subjectKey(question.subject),
    client_id: question.clientId,
    redirect_uri: question.redirectUri,
    target: question.target,
  });
  return {
    async has(question) {
      if (!canBeRemembered(question)) return false;
      const { subject_key, client_id, redirect_uri, target } = row(question);
      const found = await db
        .selectFrom('oauth_consents')
        .select('scope')
        .where('subject_key', '=', subject_key)
        .where('client_id', '=', client_id)
        .where('redirect_uri', '=', redirect_uri)
        .where('target', '=', target)
        .executeTakeFirst();
      const given = new Set(found?.scope.split(' '));
      return found !== undefined && question.scope.split(' ').every((scope) => given.has(scope));
    },
    async give(question) {
      if (!canBeRemembered(question)) return;
      const { scope } = question;
      await db
        .insertInto('oauth_consents')
        .values({ ...row(question), scope, given_at: now() })
        .onConflict((conflict) => conflict.columns(['subject_key', 'client_id', 'redirect_uri', 'target']).doUpdateSet({ scope, given_at: now() }))
        .execute();
    },
  };
}

/**
 * Only who owns a https address gets what is sent there. Any program of the person's machine can listen on loopback or take an
 * application's scheme, and call itself what it likes: there the person is asked every time (RFC 8252, 8.6).
 */
const canBeRemembered = ({ redirectUri }: ConsentQuestion): boolean => redirectKind(redirectUri) === 'web';
