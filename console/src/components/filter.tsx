import { TextInput } from '@mantine/core';
import { useRef, type ReactNode } from 'react';
import { useShortcuts } from './use-shortcuts.ts';

interface FilterProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** `/` comes here, Escape leaves: once to clear, once more to go. */
export function Filter({ label, value, onChange }: FilterProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => input.current?.focus() });
  return (
    <TextInput
      ref={input}
      type="search"
      size="xs"
      aria-label={label}
      placeholder={`${label}  /`}
      value={value}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        if (value === '') input.current?.blur();
        onChange('');
        event.preventDefault();
      }}
    />
  );
}
