import type { ReactNode } from 'react';
import type { AccessGrant } from '../../../../src/policy/access-grant.ts';
import { changeFor } from '../../api/access.ts';
import { Empty } from '../../components/empty.tsx';
import { Line } from '../../components/escaped.tsx';
import { Lines, Table, TableRow } from '../../components/table.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { Ago } from '../../components/times.tsx';
import css from './access-page.module.css';

const ADVICE: Readonly<Record<AccessGrant['advice'], readonly [tone: Tone, word: string]>> = {
  'take-away': ['warn', 'take away'],
  narrow: ['accent', 'narrow'],
  keep: ['ok', 'keep'],
};

const COLUMNS = [{ title: 'Who', width: '20%' }, { title: 'May', width: '26%' }, { title: 'Used', width: '22%' }, 'Advice'] as const;

export function GrantTable({ grants }: { readonly grants: readonly AccessGrant[] }): ReactNode {
  if (grants.length === 0) return <Empty title="None of these" />;
  return (
    <Table label="Rights" columns={COLUMNS}>
      {grants.map((grant) => (
        <GrantRow key={[grant.policy, grant.rule, grant.who, grant.effect, grant.pattern].join('\n')} grant={grant} />
      ))}
    </Table>
  );
}

function GrantRow({ grant }: { readonly grant: AccessGrant }): ReactNode {
  const who = (
    <strong>
      <Line text={grant.who === '*' ? 'everybody' : grant.who} />
    </strong>
  );
  return (
    <TableRow columns={COLUMNS} cells={[who, <May key="may" grant={grant} />, <Used key="used" grant={grant} />, <Advice key="advice" grant={grant} />]} />
  );
}

function May({ grant: { pattern, effect, when, rule } }: { readonly grant: AccessGrant }): ReactNode {
  return (
    <>
      <code>
        <Line text={pattern} />
      </code>
      <p className={css.soft}>
        {effect === 'review' && 'once approved, '}
        {when !== undefined && (
          <>
            where{' '}
            <code>
              <Line text={when} />
            </code>
            ,{' '}
          </>
        )}
        by rule <Line text={rule} />
      </p>
    </>
  );
}

function Used({ grant: { uses, lastAt, usedBy, commands } }: { readonly grant: AccessGrant }): ReactNode {
  if (uses === 0 || lastAt === undefined) return <span className={css.soft}>never</span>;
  return (
    <>
      {uses.toLocaleString('en')} {uses === 1 ? 'time' : 'times'}, last <Ago at={lastAt} />
      <p className={css.soft}>
        by <Line text={usedBy.join(', ')} />
      </p>
      {commands.length > 0 && (
        <div className={css.soft}>
          <Lines>
            {commands.map((command) => (
              <Line key={command} text={command} />
            ))}
          </Lines>
        </div>
      )}
    </>
  );
}

function Advice({ grant }: { readonly grant: AccessGrant }): ReactNode {
  const [tone, word] = ADVICE[grant.advice];
  return (
    <div className={css.advice}>
      <Tag tone={tone}>{word}</Tag>
      {grant.advice !== 'keep' && (
        <span className={css.soft}>
          <Line text={changeFor(grant)} />
        </span>
      )}
    </div>
  );
}
