import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState, type ReactNode } from 'react';
import { mergeApproval } from '../../api/approval-inbox.ts';
import { answerApproval, needsReason, type AnswerVerb, type ApprovalView } from '../../api/approvals.ts';
import { useApi } from '../../app/api-context.ts';
import { Problem } from '../../components/problem.tsx';
import { submitOnce } from '../../components/submit-once.ts';
import css from './answer-dialog.module.css';
import { AnsweredRequest } from './answered-request.tsx';
import { approvalsQuery } from './queries.ts';

interface AnswerDialogProps {
  readonly approval: ApprovalView;
  readonly verb: AnswerVerb;
  readonly close: () => void;
}

const WORDS = {
  command: {
    approve: ['Approve this command?', 'Approve'],
    deny: ['Deny this command?', 'Deny'],
    withdraw: ['Withdraw this request?', 'Withdraw'],
  },
  window: {
    approve: ['Open this window?', 'Approve'],
    deny: ['Deny this window?', 'Deny'],
    withdraw: ['End this window?', 'End it'],
  },
} as const satisfies Record<string, Record<AnswerVerb, readonly [title: string, action: string]>>;

/** The second step of every answer: what exactly is answered, on what it rests, and why. */
export function AnswerDialog({ approval, verb, close }: AnswerDialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const [sawAll, setSawAll] = useState(false);
  const answer = useAnswer(approval, verb, close);
  const over = !(approval.status === 'pending' || (verb === 'withdraw' && approval.mayWithdraw));
  const [title, action] = WORDS[approval.window ? 'window' : 'command'][verb];
  return (
    <Modal opened onClose={close} title={title} size={760} closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 0 }}>
      <form onSubmit={submitOnce({ isPending: answer.isPending || over }, () => answer.mutate(reason.trim()))} className={css.form}>
        <AnsweredRequest approval={approval} onWhole={useCallback(() => setSawAll(true), [])} />
        <div className={css.answer}>
          {verb === 'approve' && !sawAll && <p className={css.warning}>You have not had the whole command in view. Choose “Show all” to read the rest.</p>}
          {over && <p className={css.warning}>This request no longer waits: someone answered it, or it ended.</p>}
          {verb !== 'withdraw' && <Reason needed={needsReason(approval) ? 'required' : 'optional'} value={reason} onChange={setReason} />}
          {answer.error && <Problem error={answer.error} />}
          <div className={css.buttons}>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={verb === 'deny' ? 'red' : undefined}
              loading={answer.isPending}
              disabled={over}
              data-autofocus={verb === 'withdraw' || undefined}
            >
              {action}
            </Button>
          </div>
        </div>
      </form>
    </Modal>
  );
}

interface ReasonProps {
  readonly needed: 'required' | 'optional';
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Reason({ needed, value, onChange }: ReasonProps): ReactNode {
  return (
    <TextInput
      label={needed === 'required' ? 'Reason' : 'Reason (optional)'}
      description="Recorded, and told to the requester"
      value={value}
      required={needed === 'required'}
      maxLength={1000}
      autoComplete="off"
      data-autofocus
      onChange={(event) => onChange(event.currentTarget.value)}
    />
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
