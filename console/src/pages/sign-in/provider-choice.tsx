import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useApi } from '../../app/api-context.ts';
import { ApiError } from '../../api/error.ts';
import { providerOf, startPath, type SignInProvider } from '../../api/identity.ts';
import { Problem } from '../../components/problem.tsx';
import { submitOnce } from '../../components/submit-once.ts';
import css from './sign-in-page.module.css';

/** One provider is a button; with several of them an e-mail address tells which. */
export function ProviderChoice({ providers }: { readonly providers: readonly SignInProvider[] }): ReactNode {
  const [only, ...others] = providers;
  if (only && others.length === 0) return <ProviderButton provider={only} variant="filled" focus />;
  return (
    <>
      <EmailForm />
      <p className={css.or}>or choose</p>
      <ul className={css.providers}>
        {providers.map((provider) => (
          <li key={provider.name}>
            <ProviderButton provider={provider} variant="default" />
          </li>
        ))}
      </ul>
    </>
  );
}

interface ProviderButtonProps {
  readonly provider: SignInProvider;
  readonly variant: 'filled' | 'default';
  readonly focus?: boolean;
}

function ProviderButton({ provider: { name, title }, variant, focus = false }: ProviderButtonProps): ReactNode {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (focus) link.current?.focus();
  }, [focus]);
  return (
    <Button component="a" href={startPath(name, location)} variant={variant} fullWidth ref={link} classNames={{ label: css.label }}>
      Sign in with {title}
    </Button>
  );
}

function EmailForm(): ReactNode {
  const api = useApi();
  const [email, setEmail] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const find = useMutation({
    mutationFn: async () => {
      const typed = email.trim();
      const provider = await providerOf(api, typed);
      if (provider === undefined)
        throw new ApiError(404, 'not_found', 'no provider is configured for this address', 'choose one below, or ask whoever runs this gateway');
      location.assign(startPath(provider, location, typed));
    },
    onError: () => input.current?.focus(),
  });
  useEffect(() => input.current?.focus(), []);
  return (
    <form className={css.fields} onSubmit={submitOnce(find, find.mutate)}>
      {find.error && <Problem error={find.error} />}
      <TextInput
        label="E-mail address at work"
        name="email"
        type="email"
        autoComplete="username"
        ref={input}
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Button type="submit" fullWidth loading={find.isPending}>
        Go on
      </Button>
    </form>
  );
}
