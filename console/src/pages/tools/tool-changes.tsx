import type { ReactNode } from 'react';
import type { ToolDifference, ToolFinding, ToolView } from '../../api/tools.ts';
import { Escaped, Line } from '../../components/escaped.tsx';
import css from './tools-page.module.css';

const FINDINGS: Readonly<Record<ToolFinding['kind'], string>> = {
  'hidden-characters': 'characters that do not show themselves',
  'instruction-like-text': 'text that reads like an instruction to a model',
  'cross-tool-reference': 'it speaks of another tool',
};

/** What an owner has to look at: what is suspicious, and what is not as it was pinned. */
export function ToolChanges({ tool: { findings, differences, pinned } }: { readonly tool: ToolView }): ReactNode {
  return (
    <>
      {findings.length > 0 && (
        <ul className={css.findings} aria-label="Findings">
          {findings.map((finding, index) => (
            <li key={index}>
              <strong>{FINDINGS[finding.kind]}</strong> in{' '}
              <code>
                <Line text={finding.path} />
              </code>
              : <q className={css.quote}>{<Line text={finding.what} />}</q>
            </li>
          ))}
        </ul>
      )}
      {pinned && (
        <ul className={css.changes} aria-label="What changed">
          {differences.map((difference) => (
            <Change key={difference.path} difference={difference} />
          ))}
        </ul>
      )}
    </>
  );
}

function Change({ difference: { path, before, after } }: { readonly difference: ToolDifference }): ReactNode {
  return (
    <li className={css.change}>
      <p className={css.path}>
        <Line text={path === '' ? 'the whole definition' : path} />
      </p>
      {before !== undefined && (
        <pre className={css.before} aria-label="before">
          <Escaped text={shown(before)} />
        </pre>
      )}
      {after !== undefined && (
        <pre className={css.after} aria-label="now">
          <Escaped text={shown(after)} />
        </pre>
      )}
    </li>
  );
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
