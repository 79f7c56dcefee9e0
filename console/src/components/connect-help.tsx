import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { clientTexts, type ClientText } from '../api/client-texts.ts';
import { listTargets, makeToken, type TargetView } from '../api/targets.ts';
import { useApi } from '../app/api-context.ts';
import { Choices } from './choices.tsx';
import { Copy } from './copy.tsx';
import css from './connect-help.module.css';
import { Empty } from './empty.tsx';
import { Escaped, Line } from './escaped.tsx';
import { Problem } from './problem.tsx';
import { Tag } from './tag.tsx';
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
  return (
    <li className={css.target}>
      <h2 className={css.name}>
        <Line text={target.name} /> <span>{target.protocol}</span>{' '}
        {Object.entries(target.labels).map(([name, value]) => (
          <Tag key={name}>
            <Line text={`${name}: ${value}`} />
          </Tag>
        ))}
      </h2>
      {target.protocol === 'mcp' && (
        <p className={css.url}>
          <code>
            <Line text={target.url} />
          </code>
          <Copy value={target.url} what={`the address of ${target.name}`} />
        </p>
      )}
      <Texts target={target} texts={clientTexts(target, token.data?.token)} />
      {target.protocol === 'mcp' && (
        <p className={css.token}>
          <Button size="compact-sm" variant="default" loading={token.isPending} onClick={() => token.mutate()}>
            {token.data ? 'Make a new token' : 'Make a token for it'}
          </Button>
          {token.data ? (
            <TimeLeft until={token.data.expiresAt} />
          ) : (
            <span>For a client that does not sign in by itself: put into the text above, good for ten minutes and this target only.</span>
          )}
        </p>
      )}
      {token.error && <Problem error={token.error} />}
    </li>
  );
}

function Texts({ target, texts }: { readonly target: TargetView; readonly texts: readonly ClientText[] }): ReactNode {
  const [chosen, setChosen] = useState(texts[0]?.client ?? '');
  const shown = texts.find(({ client }) => client === chosen);
  return (
    <>
      <Choices label={`Client for ${target.name}`} options={texts.map(({ client }) => ({ value: client, text: client }))} chosen={chosen} choose={setChosen} />
      {shown && (
        <div className={css.config}>
          <div className={css.caption}>
            <span>Paste into {shown.where}</span>
            <Copy value={shown.text} what={`the text for ${shown.client} and ${target.name}`} />
          </div>
          <pre>
            <Escaped text={shown.text} />
          </pre>
          <p className={css.then}>{shown.then}</p>
        </div>
      )}
    </>
  );
}
