import { Button } from '@mantine/core';
import { memo, useEffect, useMemo, useState, type ReactNode } from 'react';
import { countCharacters, countHidden } from '../text/escape.ts';
import { excerpt, sha256 } from '../text/excerpt.ts';
import { prettyJson } from '../../../src/core/pretty-json.ts';
import { jsonTokens } from '../text/json.ts';
import { Copy } from './copy.tsx';
import { Escaped } from './escaped.tsx';
import css from './exact-text.module.css';

const LIMITS = { characters: 4000, lines: 60 };
/** Beyond this, colours cost more than they give. */
const COLOURED = 100_000;

interface ExactTextProps {
  readonly label: string;
  readonly text: string;
  readonly limits?: { readonly characters: number; readonly lines: number };
  /** Called when the reader has everything in view, so that an answer can say what it rests on. */
  readonly onWhole?: () => void;
}

/** A command or a reply exactly as it is: JSON laid out, hidden characters written out, nothing cut without saying so. */
export function ExactText({ label, text, limits = LIMITS, onWhole }: ExactTextProps): ReactNode {
  const [whole, setWhole] = useState(false);
  const pretty = useMemo(() => prettyJson(text), [text]);
  const laidOut = pretty ?? text;
  const part = useMemo(() => (whole ? { text: laidOut, complete: true } : excerpt(laidOut, limits)), [laidOut, limits, whole]);
  const hidden = useMemo(() => countHidden(text), [text]);

  useEffect(() => {
    if (part.complete) onWhole?.();
  }, [part.complete, onWhole]);

  return (
    <figure className={css.figure}>
      <figcaption className={css.caption}>
        <span>{label}</span>
        <Copy value={text} what={label} />
      </figcaption>
      {hidden > 0 && (
        <p className={css.warning}>
          {hidden === 1 ? '1 character that does not show itself is' : `${hidden} characters that do not show themselves are`} written out as ⟨U+…⟩
        </p>
      )}
      <pre className={css.text}>{text === '' ? <span className={css.empty}>empty</span> : <Coloured text={part.text} json={pretty !== undefined} />}</pre>
      {!part.complete && <Cut text={text} shown={countCharacters(part.text)} laidOut={countCharacters(laidOut)} showAll={() => setWhole(true)} />}
    </figure>
  );
}

const Coloured = memo(function Coloured({ text, json }: { readonly text: string; readonly json: boolean }): ReactNode {
  if (!json || text.length > COLOURED) return <Escaped text={text} />;
  return jsonTokens(text).map((token, index) => (
    <span key={index} className={css[token.kind]}>
      <Escaped text={token.text} />
    </span>
  ));
});

interface CutProps {
  readonly text: string;
  readonly shown: number;
  readonly laidOut: number;
  readonly showAll: () => void;
}

function Cut({ text, shown, laidOut, showAll }: CutProps): ReactNode {
  const digest = useDigest(text);
  const total = countCharacters(text);
  return (
    <div className={css.cut}>
      <p>
        <strong>Not all is shown.</strong> The whole text has {total.toLocaleString('en')} characters; {Math.round((shown / laidOut) * 100)} % of it{' '}
        {laidOut === total ? '' : '(as laid out) '}is above.
      </p>
      <p className={css.digest}>SHA-256 {digest ?? '…'}</p>
      <Button size="compact-sm" variant="default" onClick={showAll}>
        Show all {total.toLocaleString('en')} characters
      </Button>
    </div>
  );
}

function useDigest(text: string): string | undefined {
  const [digest, setDigest] = useState<string>();
  useEffect(() => {
    let current = true;
    const show = (value: string): void => {
      if (current) setDigest(value);
    };
    sha256(text).then(
      (value) => show(value ?? 'needs https'),
      () => show('not available'),
    );
    return () => {
      current = false;
    };
  }, [text]);
  return digest;
}
