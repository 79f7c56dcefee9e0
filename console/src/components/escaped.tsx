import { memo, type ReactNode } from 'react';
import { escapeLine, escapePieces, type Piece } from '../text/escape.ts';
import css from './escaped.module.css';

/** A name or another single line from elsewhere: isolated from its neighbours' direction, with every hidden character written out. */
export const Line = memo(function Line({ text }: { readonly text: string }): ReactNode {
  return <bdi className={css.line}>{pieces(escapePieces(text.replaceAll(/[\n\t]/g, escapeLine)))}</bdi>;
});

/** Text of several lines with every hidden character written out. */
export const Escaped = memo(function Escaped({ text }: { readonly text: string }): ReactNode {
  return <>{pieces(escapePieces(text))}</>;
});

function pieces(parts: readonly Piece[]): readonly ReactNode[] {
  return parts.map((piece, index) =>
    piece.hidden === undefined ? (
      piece.text
    ) : (
      <span key={index} className={css.hidden} title={piece.hidden}>
        {piece.text}
      </span>
    ),
  );
}
