import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { listTools, sortTools, type ToolView } from '../../api/tools.ts';
import { useApi } from '../../app/api-context.ts';
import { Choices } from '../../components/choices.tsx';
import { Empty } from '../../components/empty.tsx';
import { OwnersOnly } from '../../components/owners-only.tsx';
import { Loaded, Page, Section } from '../../components/page.tsx';
import { Line } from '../../components/escaped.tsx';
import { ToolCard } from './tool-card.tsx';
import css from './tools-page.module.css';

/** A definition that changes under the reader's eyes shows within this time; an answer is to a hash, so none goes to what was not seen. */
const REFRESH_MS = 5_000;

/** What servers declare, what of it is pinned, and what waits for an owner to look at it. */
export function ToolsPage(): ReactNode {
  return (
    <Page
      title="Tools"
      lead="Every definition is pinned when it is first seen. A tool that is new, changed or suspicious is hidden from callers until an owner accepts what is shown here."
    >
      <OwnersOnly>{(owns) => <OwnedTools owns={owns} />}</OwnersOnly>
    </Page>
  );
}

function OwnedTools({ owns }: { readonly owns: readonly string[] }): ReactNode {
  const api = useApi();
  const [chosen, setChosen] = useState<string>();
  const target = chosen !== undefined && owns.includes(chosen) ? chosen : (owns[0] ?? '');
  const tools = useQuery({ queryKey: ['tools', target], queryFn: ({ signal }) => listTools(api, target, signal), refetchInterval: REFRESH_MS });
  return (
    <>
      {owns.length > 1 && <Choices label="Target" options={owns.map((name) => ({ value: name, text: name }))} chosen={target} choose={setChosen} />}
      <Loaded from={tools}>{(all) => <Tools target={target} tools={sortTools(all)} />}</Loaded>
    </>
  );
}

function Tools({ target, tools }: { readonly target: string; readonly tools: readonly ToolView[] }): ReactNode {
  if (tools.length === 0) {
    return (
      <Empty title="No tool was seen yet">
        The tools of <Line text={target} /> are pinned when the first client lists them. Connect one and they appear here by themselves; a database has none.
      </Empty>
    );
  }
  const waiting = tools.filter(({ status }) => status === 'quarantined');
  const rest = tools.filter(({ status }) => status !== 'quarantined');
  return (
    <>
      <Section title="Waiting for an owner" note={waiting.length}>
        {waiting.length === 0 && <p className={css.none}>Nothing is new or changed.</p>}
        <Cards target={target} tools={waiting} />
      </Section>
      <Section title="Answered or pinned" note={rest.length}>
        <Cards target={target} tools={rest} />
      </Section>
    </>
  );
}

function Cards({ target, tools }: { readonly target: string; readonly tools: readonly ToolView[] }): ReactNode {
  return (
    <ul className={css.list}>
      {tools.map((tool) => (
        <ToolCard key={`${tool.name} ${tool.hash}`} target={target} tool={tool} />
      ))}
    </ul>
  );
}
