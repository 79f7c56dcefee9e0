import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { isSignedOut } from '../api/error.ts';
import { readMe, type Me } from '../api/identity.ts';
import { Problem } from '../components/problem.tsx';
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx';
import { MeProvider, useApi } from './api-context.ts';

const ME = ['me'];
/** Groups and owned targets change while somebody is signed in. */
const REFRESH_MS = 60_000;

/** Nothing behind the gate is rendered, nor asked of the gateway, without a sign-in; the address stays for afterwards. */
export function Gate({ children }: { readonly children: ReactNode }): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const me = useQuery({
    queryKey: ME,
    queryFn: async ({ signal }) => (await readMeOrNone(api, signal)) ?? null,
    staleTime: Infinity,
    retry: 2,
    refetchInterval: REFRESH_MS,
  });

  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error' && isSignedOut(event.action.error)) queries.setQueryData<Me | null>(ME, null);
      }),
    [queries],
  );

  // Whatever the last sign-in was shown is gone with it.
  const signedOut = me.data === null;
  useEffect(() => {
    if (signedOut) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
  }, [signedOut, queries]);

  if (me.isPending) return null;
  if (me.data === undefined) return <Problem error={me.error} again={() => void me.refetch()} />;
  if (me.data === null) return <SignInPage onSignedIn={(signedIn) => queries.setQueryData<Me | null>(ME, signedIn)} />;
  return (
    <MeProvider value={me.data} key={me.data.csrf}>
      {children}
    </MeProvider>
  );
}

async function readMeOrNone(...args: Parameters<typeof readMe>): Promise<Me | undefined> {
  try {
    return await readMe(...args);
  } catch (error) {
    if (isSignedOut(error)) return undefined;
    throw error;
  }
}
