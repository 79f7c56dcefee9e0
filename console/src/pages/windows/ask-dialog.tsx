import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { mergeApproval } from '../../api/approval-inbox.ts';
import { listTargets } from '../../api/targets.ts';
import { askForWindow, type WindowAsk } from '../../api/windows.ts';
import { useApi } from '../../app/api-context.ts';
import { FieldRow, FormDialog } from '../../components/form-dialog.tsx';
import { approvalsQuery } from '../approvals/queries.ts';

const TIMES: readonly (readonly [value: string, label: string])[] = [
  ['15m', '15 minutes'],
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['2h', '2 hours'],
  ['4h', '4 hours'],
  ['8h', '8 hours'],
  ['24h', '24 hours'],
];

/** What is asked for is exactly what the approvers will see. */
export function AskDialog({ close }: { readonly close: () => void }): ReactNode {
  const api = useApi();
  const targets = useQuery({ queryKey: ['targets'], queryFn: ({ signal }) => listTargets(api, signal) });
  const [asked, setAsked] = useState<WindowAsk>({ target: '', command: '', for: '30m', reason: '', breakGlass: false });
  const [where, setWhere] = useState('');
  const change = (part: Partial<WindowAsk>): void => setAsked({ ...asked, ...part });
  const target = asked.target === '' ? (targets.data?.[0]?.name ?? '') : asked.target;
  const sending = useAsk(close);
  const send = (): void => sending.mutate({ ...asked, target, ...(where.trim() === '' ? {} : { constraint: where.trim() }) });

  return (
    <FormDialog
      title="Ask for access"
      action={asked.breakGlass ? 'Open at once' : 'Ask'}
      color={asked.breakGlass ? 'red' : undefined}
      sending={sending}
      send={send}
      close={close}
    >
      <FieldRow>
        <NativeSelect
          label="Target"
          data={(targets.data ?? []).map(({ name }) => name)}
          value={target}
          onChange={(event) => change({ target: event.currentTarget.value })}
        />
        <NativeSelect
          label="For how long"
          data={TIMES.map(([value, label]) => ({ value, label }))}
          value={asked.for}
          onChange={(event) => change({ for: event.currentTarget.value })}
        />
      </FieldRow>
      <TextInput
        label="Commands"
        description="As rules name them; * stands for anything"
        placeholder="tools/call update_*"
        required
        spellCheck={false}
        autoComplete="off"
        maxLength={512}
        data-autofocus
        value={asked.command}
        onChange={(event) => change({ command: event.currentTarget.value })}
      />
      <TextInput
        label="Only where (optional)"
        description="An expression over the arguments, as in policies"
        placeholder="args.replicas <= 3"
        spellCheck={false}
        autoComplete="off"
        maxLength={2000}
        value={where}
        onChange={(event) => setWhere(event.currentTarget.value)}
      />
      <TextInput
        label="Reason"
        description="Approvers see it, and it is recorded"
        required
        autoComplete="off"
        maxLength={1000}
        value={asked.reason}
        onChange={(event) => change({ reason: event.currentTarget.value })}
      />
      <Checkbox
        label="Break glass: open at once, without waiting for anybody"
        description="For named responders only. Owners are told immediately, and somebody reviews it afterwards."
        checked={asked.breakGlass}
        onChange={(event) => change({ breakGlass: event.currentTarget.checked })}
      />
    </FormDialog>
  );
}

function useAsk(done: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ask: WindowAsk) => askForWindow(api, { ...ask, command: ask.command.trim(), reason: ask.reason.trim() }),
    onSuccess: (asked) => {
      queries.setQueryData(approvalsQuery(api).queryKey, (list) => list && mergeApproval(list, asked));
      done();
    },
  });
}
