import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { mergeApproval } from '../../api/approval-inbox.ts';
import { answerApproval, needsReason, type AnswerVerb, type ApprovalView } from '../../api/approvals.ts';
import { useApi } from '../../app/api-context.ts';
import { Line } from '../../components/escaped.tsx';
import { Problem } from '../../components/problem.tsx';
import css from './answer-dialog.module.css';
import { approvalsQuery } from './queries.ts';

interface AnswerDialogProps {
  readonly approval: ApprovalView;
  readonly verb: AnswerVerb;
  readonly sawAll: boolean;
  readonly close: () => void;
}

const TITLES: Readonly<Record<AnswerVerb, string>> = { approve: 'Approve this command?', deny: 'Deny this command?', withdraw: 'Withdraw this request?' };
const VERBS: Readonly<Record<AnswerVerb, string>> = { approve: 'Approve', deny: 'Deny', withdraw: 'Withdraw' };

/** The second step of every answer: what exactly is answered, and why. */
export function AnswerDialog({ approval, verb, sawAll, close }: AnswerDialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const answer = useAnswer(approval, verb, close);
  const required = verb !== 'withdraw' && needsReason(approval);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!answer.isPending) answer.mutate(reason.trim());
  };
  return (
    <Modal opened onClose={close} title={TITLES[verb]} size="md" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 0 }}>
      <form onSubmit={submit} className={css.form}>
        <p className={css.what}>
          <strong>
            <Line text={approval.command} />
          </strong>
          <span>
            <Line text={approval.subject.name} /> on <Line text={approval.target} />
          </span>
          <code>{approval.digest.slice(0, 16)}…</code>
        </p>
        {verb === 'approve' && !sawAll && (
          <p className={css.warning}>You have not had the whole command in view. Close this and choose “Show all” to read the rest.</p>
        )}
        {approval.status !== 'pending' && <p className={css.warning}>This request no longer waits: someone answered it, or it ended.</p>}
        {verb !== 'withdraw' && (
          <TextInput
            label={required ? 'Reason' : 'Reason (optional)'}
            description="Recorded, and told to the requester"
            value={reason}
            required={required}
            withAsterisk={false}
            maxLength={1000}
            autoComplete="off"
            data-autofocus
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {answer.error && <Problem error={answer.error} />}
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            type="submit"
            color={verb === 'deny' ? 'red' : undefined}
            loading={answer.isPending}
            disabled={approval.status !== 'pending'}
            data-autofocus={verb === 'withdraw' || undefined}
          >
            {VERBS[verb]}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function useAnswer(approval: ApprovalView, verb: AnswerVerb, done: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  const { queryKey } = approvalsQuery(api);
  return useMutation({
    mutationFn: (reason: string) => answerApproval(api, approval.id, verb, reason),
    onSuccess: (changed) => {
      queries.setQueryData(queryKey, (list) => list && mergeApproval(list, changed));
      done();
    },
    onError: () => queries.invalidateQueries({ queryKey }),
  });
}
