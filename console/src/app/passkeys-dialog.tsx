import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { addPasskey, readPasskeys, removePasskey, type Passkey } from '../api/passkeys.ts';
import { Line } from '../components/escaped.tsx';
import { Problem } from '../components/problem.tsx';
import { submitOnce } from '../components/submit-once.ts';
import { useApi } from './api-context.ts';
import css from './passkeys-dialog.module.css';

const PASSKEYS = ['passkeys'];

/** The second factors of one's own local account. */
export function PasskeysDialog({ close }: { readonly close: () => void }): ReactNode {
  const api = useApi();
  const list = useQuery({ queryKey: PASSKEYS, queryFn: ({ signal }) => readPasskeys(api, signal) });
  return (
    <Modal opened onClose={close} title="Passkeys" size="md" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 0 }}>
      <div className={css.body}>
        <p className={css.lead}>With one of them, this account signs in with its password and the passkey, and no longer with the password alone.</p>
        {list.error && <Problem error={list.error} again={() => void list.refetch()} />}
        {list.data && list.data.passkeys.length > 0 && (
          <ul className={css.list} aria-label="Your passkeys">
            {list.data.passkeys.map((passkey) => (
              <Row key={passkey.id} passkey={passkey} />
            ))}
          </ul>
        )}
        {list.data?.available === true && <AddForm />}
        {list.data?.available === false && <p className={css.lead}>Browsers have no passkeys for an address that is a number: open the gateway by its name.</p>}
      </div>
    </Modal>
  );
}

function Row({ passkey: { id, label, createdAt, usedAt } }: { readonly passkey: Passkey }): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const remove = useMutation({ mutationFn: () => removePasskey(api, id), onSuccess: () => queries.invalidateQueries({ queryKey: PASSKEYS }) });
  return (
    <li className={css.row}>
      <span>
        <Line text={label} />
        <span className={css.when}>
          added {day(createdAt)}
          {usedAt === undefined ? ', not used yet' : `, used ${day(usedAt)}`}
        </span>
      </span>
      <Button size="compact-sm" variant="default" loading={remove.isPending} onClick={() => remove.mutate()} aria-label={`Remove ${label}`}>
        Remove
      </Button>
      {remove.error && <Problem error={remove.error} />}
    </li>
  );
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

function AddForm(): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const [label, setLabel] = useState('');
  const add = useMutation({
    mutationFn: () => addPasskey(api, label.trim()),
    async onSuccess() {
      setLabel('');
      await queries.invalidateQueries({ queryKey: PASSKEYS });
    },
  });
  return (
    <form className={css.add} onSubmit={submitOnce(add, add.mutate)}>
      {add.error && <Problem error={add.error} />}
      <TextInput
        label="Name of the new passkey"
        placeholder="security key in the safe"
        required
        maxLength={100}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <Button type="submit" loading={add.isPending}>
        Add a passkey
      </Button>
    </form>
  );
}
