import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { LOCK_KINDS, placeLock, type LockAsk, type LockKind } from '../../api/locks.ts';
import { useApi, useMe } from '../../app/api-context.ts';
import { FieldRow, FormDialog } from '../../components/form-dialog.tsx';

const NAMES: Readonly<Record<LockKind, string>> = {
  subject: 'person:NAME, workload:NAME, ai-agent:NAME, or NAME for all of that name',
  target: 'One of the targets that you own',
  session: 'Its id, as Sessions shows it',
};

interface PlaceDialogProps {
  readonly begin: { readonly kind?: LockKind | undefined; readonly name?: string | undefined };
  readonly close: () => void;
}

export function PlaceDialog({ begin, close }: PlaceDialogProps): ReactNode {
  const { owns } = useMe();
  const [lock, setLock] = useState<LockAsk>({ kind: begin.kind ?? 'subject', name: begin.name ?? '', reason: '' });
  const change = (part: Partial<LockAsk>): void => setLock({ ...lock, ...part });
  const sending = usePlace(close);
  const name = { value: lock.name, onChange: (event: { readonly currentTarget: { readonly value: string } }) => change({ name: event.currentTarget.value }) };
  return (
    <FormDialog title="Lock" action="Lock at once" color="red" sending={sending} send={() => sending.mutate(lock)} close={close}>
      <FieldRow>
        <NativeSelect
          label="What"
          data={LOCK_KINDS}
          value={lock.kind}
          // The options are the three kinds.
          onChange={(event) => change({ kind: event.currentTarget.value as LockKind, name: '' })}
        />
        {lock.kind === 'target' ? (
          <NativeSelect label="Name" data={['', ...owns]} required {...name} />
        ) : (
          <TextInput label="Name" required spellCheck={false} autoComplete="off" maxLength={320} data-autofocus {...name} />
        )}
      </FieldRow>
      <p>{NAMES[lock.kind]}</p>
      <TextInput
        label="Reason"
        description="Recorded, and told to whoever is stopped"
        autoComplete="off"
        maxLength={500}
        value={lock.reason}
        onChange={(event) => change({ reason: event.currentTarget.value })}
      />
    </FormDialog>
  );
}

function usePlace(done: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (lock: LockAsk) => placeLock(api, { ...lock, name: lock.name.trim(), reason: lock.reason.trim() }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['locks'] });
      done();
    },
  });
}
