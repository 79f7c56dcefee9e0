import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useApi } from '../../app/api-context.ts';
import { signIn, type Me } from '../../api/identity.ts';
import { Problem } from '../../components/problem.tsx';
import css from './sign-in-page.module.css';

export function SignInPage({ onSignedIn }: { readonly onSignedIn: (me: Me) => void }): ReactNode {
  const api = useApi();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const nameInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  const enter = useMutation({
    mutationFn: () => signIn(api, { name: name.trim(), password }),
    onSuccess: onSignedIn,
    onError: () => {
      setPassword('');
      passwordInput.current?.focus();
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Sallyport';
    nameInput.current?.focus();
  }, []);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!enter.isPending) enter.mutate();
  };
  return (
    <main className={css.page}>
      <form className={css.form} onSubmit={submit}>
        <h1 className={css.title}>
          <img src="/mark.svg" alt="" width="30" height="30" />
          Sallyport
        </h1>
        <p className={css.lead}>Sign in to answer requests and to look at sessions.</p>
        {enter.error && <Problem error={enter.error} />}
        <TextInput
          label="Name"
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          ref={nameInput}
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          ref={passwordInput}
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
        <Button type="submit" fullWidth loading={enter.isPending}>
          Sign in
        </Button>
        <p className={css.note}>
          No account yet? Whoever runs this gateway makes one: <code>sallyport accounts add NAME</code>. The demo prints its accounts when it starts.
        </p>
      </form>
    </main>
  );
}
