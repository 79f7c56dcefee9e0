import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { clientConfig, listTargets, makeToken, type TargetView } from '../api/targets.ts';
import { useApi } from '../app/api-context.ts';
import { Copy } from './copy.tsx';
import css from './connect-help.module.css';
import { Empty } from './empty.tsx';
import { Line } from './escaped.tsx';
import { Problem } from './problem.tsx';
import { TimeLeft } from './times.tsx';

/** What to type into a client, for every target that this subject may reach. */
export function ConnectHelp(): ReactNode {
  const api = useApi();
  const { data, error, refetch } = useQuery({ queryKey: ['targets'], queryFn: ({ signal }) => listTargets(api, signal) });
  if (error) return <Problem error={error} again={() => void refetch()} />;
  if (data?.length === 0) return <Empty title="You may reach no target">A policy must name you, or a group that you are in.</Empty>;
  return (
    <ul className={css.targets}>
      {(data ?? []).map((target) => (
        <Target key={target.name} target={target} />
      ))}
    </ul>
  );
}

function Target({ target }: { readonly target: TargetView }): ReactNode {
  const api = useApi();
  const token = useMutation({ mutationFn: () => makeToken(api, target.name) });
  const config = clientConfig(target, token.data?.token ?? '<token>');
  return (
    <li className={css.target}>
      <h2 className={css.name}>
        <Line text={target.name} /> <span>{target.protocol}</span>
      </h2>
      <p className={css.url}>
        <code>
          <Line text={target.url} />
        </code>
        <Copy value={target.url} what={`the address of ${target.name}`} />
      </p>
      <div className={css.config}>
        <div className={css.caption}>
          <span>Client configuration</span>
          <Copy value={config} what={`the client configuration for ${target.name}`} />
        </div>
        <pre>{config}</pre>
      </div>
      {token.error && <Problem error={token.error} />}
      <p className={css.token}>
        <Button size="compact-sm" variant="default" loading={token.isPending} onClick={() => token.mutate()}>
          {token.data ? 'Make a new token' : 'Make a token for it'}
        </Button>
        {token.data ? <TimeLeft until={token.data.expiresAt} /> : <span>short-lived; good for this target only</span>}
      </p>
    </li>
  );
}
