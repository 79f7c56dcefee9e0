import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ToolAnswer, ToolView } from '../../api/tools.ts';
import { Line } from '../../components/escaped.tsx';
import { ExactText } from '../../components/exact-text.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { Ago } from '../../components/times.tsx';
import { AnswerToolDialog } from './answer-tool-dialog.tsx';
import { ToolChanges } from './tool-changes.tsx';
import css from './tools-page.module.css';

const STATUS: Readonly<Record<ToolView['status'], readonly [tone: Tone, word: string]>> = {
  accepted: ['ok', 'pinned'],
  quarantined: ['warn', 'waits'],
  rejected: ['bad', 'refused'],
  superseded: ['plain', 'replaced'],
};

interface ToolCardProps {
  readonly target: string;
  readonly tool: ToolView;
}

export function ToolCard({ target, tool }: ToolCardProps): ReactNode {
  const [answer, setAnswer] = useState<ToolAnswer>();
  const waits = tool.status === 'quarantined';
  const [tone, word] = STATUS[tool.status];
  return (
    <li>
      <details className={css.card} open={waits}>
        <summary className={css.summary}>
          <code>
            <Line text={tool.name} />
          </code>
          <Tag tone={tone}>{waits ? (tool.pinned ? 'changed' : 'new') : word}</Tag>
          {tool.findings.length > 0 && <Tag tone="bad">{tool.findings.length === 1 ? '1 finding' : `${tool.findings.length} findings`}</Tag>}
          <span className={css.when}>
            {tool.decided ? (
              <>
                <Line text={tool.decided.by} />, <Ago at={tool.decided.at} />
              </>
            ) : (
              <>
                first seen <Ago at={tool.seenAt} />
              </>
            )}
          </span>
        </summary>
        <div className={css.body}>
          <ToolChanges tool={tool} />
          <ExactText label={tool.pinned ? 'The definition as it is now' : 'The definition'} text={JSON.stringify(tool.definition)} limits={LIMITS} />
          <p className={css.hash}>
            SHA-256 <code>{tool.hash}</code>
          </p>
          <div className={css.buttons}>
            {tool.status !== 'accepted' && <Button onClick={() => setAnswer('accept')}>Accept</Button>}
            {tool.status !== 'rejected' && (
              <Button variant="default" className={css.refuse} onClick={() => setAnswer('reject')}>
                Refuse
              </Button>
            )}
          </div>
        </div>
      </details>
      {answer && <AnswerToolDialog target={target} tool={tool} answer={answer} close={() => setAnswer(undefined)} />}
    </li>
  );
}

const LIMITS = { characters: 6000, lines: 24 };
