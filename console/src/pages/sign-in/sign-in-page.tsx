import { useQuery } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { useApi } from '../../app/api-context.ts';
import { readSignInOptions, type Me, type SignInOptions } from '../../api/identity.ts';
import { Problem } from '../../components/problem.tsx';
import { PasswordForm } from './password-form.tsx';
import { ProviderChoice } from './provider-choice.tsx';
import css from './sign-in-page.module.css';

export interface SignInPageProps {
  readonly onSignedIn: (me: Me) => void;
}

/** Every way in: providers first; local accounts are for the first start and for emergencies. */
export function SignInPage({ onSignedIn }: SignInPageProps): ReactNode {
  const api = useApi();
  const options = useQuery({ queryKey: ['me', 'options'], queryFn: ({ signal }) => readSignInOptions(api, signal), staleTime: Infinity, retry: 2 });
  useEffect(() => {
    document.title = 'Sign in · Sallyport';
  }, []);
  return (
    <main className={css.page}>
      <div className={css.form}>
        <h1 className={css.title}>
          <img src="/mark.svg" alt="" width="30" height="30" />
          Sallyport
        </h1>
        <p className={css.lead}>Sign in to answer requests and to look at sessions.</p>
        {options.error && <Problem error={options.error} again={() => void options.refetch()} />}
        {options.data && <Ways options={options.data} onSignedIn={onSignedIn} />}
      </div>
    </main>
  );
}

function Ways({ options, onSignedIn }: SignInPageProps & { readonly options: SignInOptions }): ReactNode {
  if (options.providers.length === 0) return <PasswordForm onSignedIn={onSignedIn} note="first" />;
  return (
    <>
      <ProviderChoice providers={options.providers} />
      {options.local && (
        <details className={css.local}>
          <summary>Use a local account</summary>
          <PasswordForm onSignedIn={onSignedIn} note="emergency" />
        </details>
      )}
    </>
  );
}
