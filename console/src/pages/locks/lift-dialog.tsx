import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { liftLock, type LockView } from '../../api/locks.ts';
import { useApi } from '../../app/api-context.ts';
import { Line } from '../../components/escaped.tsx';
import { FormDialog } from '../../components/form-dialog.tsx';

export function LiftDialog({ lock, close }: { readonly lock: LockView; readonly close: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const api = useApi();
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () => liftLock(api, { kind: lock.kind, name: lock.name, reason: reason.trim() }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['locks'] });
      close();
    },
  });
  return (
    <FormDialog title="Release this lock?" action="Release" sending={sending} send={() => sending.mutate()} close={close}>
      <p>
        {lock.kind}{' '}
        <strong>
          <Line text={lock.name} />
        </strong>
        , locked by <Line text={lock.by} />
        {lock.reason !== '' && (
          <>
            : <Line text={lock.reason} />
          </>
        )}
        . What was held for it can run again from then on.
      </p>
      <TextInput
        label="Reason (optional)"
        description="Recorded"
        autoComplete="off"
        maxLength={500}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
