import { useEffect, useState, type ReactNode } from 'react';
import css from './copy.module.css';

interface CopyProps {
  readonly value: string;
  /** What is copied, for those who do not see where the button stands. */
  readonly what: string;
}

export function Copy({ value, what }: CopyProps): ReactNode {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return undefined;
    const timer = setTimeout(() => setSaid(''), 1500);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = (): void => {
    navigator.clipboard.writeText(value).then(
      () => setSaid('Copied'),
      () => setSaid('Not allowed'),
    );
  };
  // Browsers leave the clipboard out of pages that are neither https nor localhost.
  if (typeof navigator.clipboard === 'undefined') return null;
  return (
    <button type="button" className={css.copy} onClick={copy} aria-label={`Copy ${what}`}>
      <span aria-live="polite">{said || 'Copy'}</span>
    </button>
  );
}
