import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useApi } from '../../app/api-context.ts';
import { signIn, type Me } from '../../api/identity.ts';
import { Problem } from '../../components/problem.tsx';
import { submitOnce } from '../../components/submit-once.ts';
import css from './sign-in-page.module.css';

interface PasswordFormProps {
  readonly onSignedIn: (me: Me) => void;
  /** `first`: there is no other way in yet. */
  readonly note: 'first' | 'emergency';
}

export function PasswordForm({ onSignedIn, note }: PasswordFormProps): ReactNode {
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
    if (note === 'first') nameInput.current?.focus();
  }, [note]);
  return (
    <form className={css.fields} onSubmit={submitOnce(enter, enter.mutate)}>
      {enter.error && <Problem error={enter.error} />}
      <TextInput
        label="Name"
        name="name"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        ref={nameInput}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        ref={passwordInput}
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      />
      <Button type="submit" fullWidth loading={enter.isPending} variant={note === 'first' ? 'filled' : 'default'}>
        Sign in
      </Button>
      {note === 'first' ? (
        <p className={css.note}>
          No account yet? Whoever runs this gateway makes one: <code>sallyport accounts add NAME</code>. The demo prints its accounts when it starts.
        </p>
      ) : (
        <p className={css.note}>For the first start and for emergencies; each use is recorded.</p>
      )}
    </form>
  );
}
