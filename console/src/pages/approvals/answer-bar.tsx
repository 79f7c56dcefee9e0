import { Button, Kbd } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { AnswerVerb, ApprovalView } from '../../api/approvals.ts';
import { Line } from '../../components/escaped.tsx';
import { useShortcuts } from '../../components/use-shortcuts.ts';
import css from './approval-detail.module.css';
import { AnswerDialog } from './answer-dialog.tsx';
import { statusMeaning } from './status-tag.tsx';

/** What this viewer can do about the request, always in view. */
export function AnswerBar({ approval }: { readonly approval: ApprovalView }): ReactNode {
  const [verb, setVerb] = useState<AnswerVerb>();
  const mayAnswer = approval.status === 'pending' && approval.mayAnswer;
  const mayWithdraw = approval.mayWithdraw && (approval.status === 'pending' ? approval.mine : approval.window !== undefined);
  useShortcuts(mayAnswer ? { a: () => setVerb('approve'), d: () => setVerb('deny') } : {});
  return (
    <footer className={css.bar}>
      {mayAnswer && (
        <>
          <Button onClick={() => setVerb('approve')} rightSection={<Kbd size="xs">a</Kbd>} aria-keyshortcuts="a">
            Approve
          </Button>
          <Button variant="default" className={css.deny} onClick={() => setVerb('deny')} rightSection={<Kbd size="xs">d</Kbd>} aria-keyshortcuts="d">
            Deny
          </Button>
        </>
      )}
      <p className={css.say}>{saying(approval)}</p>
      {mayWithdraw && (
        <Button variant="default" onClick={() => setVerb('withdraw')}>
          {approval.status === 'pending' ? 'Withdraw' : 'End now'}
        </Button>
      )}
      {verb && <AnswerDialog approval={approval} verb={verb} close={() => setVerb(undefined)} />}
    </footer>
  );
}

function saying(approval: ApprovalView): ReactNode {
  if (approval.status !== 'pending') return `${upper(statusMeaning(approval))}.`;
  if (approval.mayAnswer) return '';
  const from = <Line text={[...new Set(approval.approvals.flatMap((requirement) => requirement.from))].join(', ')} />;
  if (approval.mine) return <>You asked for this. It waits for {from}.</>;
  return <>Waits for {from}.</>;
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
