import { Button, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { closeReview, listReviews, type EmergencyReview } from '../../api/access.ts';
import { useApi, useMe } from '../../app/api-context.ts';
import { Line } from '../../components/escaped.tsx';
import { FormDialog } from '../../components/form-dialog.tsx';
import { Loaded, Section } from '../../components/page.tsx';
import { Ago } from '../../components/times.tsx';
import css from './access-page.module.css';

const REFRESH_MS = 10_000;

/** Break-glass access: each stays open until somebody else says what was done with it. */
export function EmergencyReviews(): ReactNode {
  const api = useApi();
  const reviews = useQuery({ queryKey: ['reviews'], queryFn: ({ signal }) => listReviews(api, signal), refetchInterval: REFRESH_MS });
  return (
    <Section title="Access in an emergency" note="break-glass">
      <Loaded from={reviews}>
        {(all) =>
          all.length === 0 ? (
            <p className={css.soft}>Nobody broke glass on a target that you review, nor did you.</p>
          ) : (
            <ul className={css.list}>
              {all.map((review) => (review.status === 'open' ? <Open key={review.id} review={review} /> : <Closed key={review.id} review={review} />))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Open({ review }: { readonly review: EmergencyReview }): ReactNode {
  const [closing, setClosing] = useState(false);
  const { subject } = useMe();
  const mine = review.subject.name === subject.name;
  return (
    <li className={css.open}>
      <div>
        <What review={review} />
        <p className={css.soft}>
          Waits for a review by <Line text={review.reviewers.join(' or ')} />
        </p>
      </div>
      {!mine && (
        <Button size="compact-sm" onClick={() => setClosing(true)}>
          Close the review
        </Button>
      )}
      {closing && <CloseDialog review={review} close={() => setClosing(false)} />}
    </li>
  );
}

function Closed({ review }: { readonly review: EmergencyReview }): ReactNode {
  return (
    <li className={css.closed}>
      <What review={review} />
      <p className={css.soft}>
        Closed by <Line text={review.closedBy ?? ''} />: <Line text={review.finding ?? ''} />
      </p>
    </li>
  );
}

function What({ review: { subject, target, command, reason, openedAt } }: { readonly review: EmergencyReview }): ReactNode {
  return (
    <p>
      <strong>
        <Line text={subject.name} />
      </strong>{' '}
      opened{' '}
      <code>
        <Line text={command} />
      </code>{' '}
      on <Line text={target} /> <Ago at={openedAt} />: <Line text={reason} />
    </p>
  );
}

function CloseDialog({ review, close }: { readonly review: EmergencyReview; readonly close: () => void }): ReactNode {
  const [finding, setFinding] = useState('');
  const api = useApi();
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () => closeReview(api, review.id, finding.trim()),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['reviews'] });
      close();
    },
  });
  return (
    <FormDialog title="Close this review?" action="Close it" sending={sending} send={() => sending.mutate()} close={close}>
      <What review={review} />
      <Textarea
        label="Finding"
        description="What was done with the access, and whether it was right. Recorded."
        required
        maxLength={2000}
        rows={4}
        data-autofocus
        value={finding}
        onChange={(event) => setFinding(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
