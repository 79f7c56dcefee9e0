import type { ReactNode } from 'react';

const PATHS = {
  approvals: 'M3 8.5 6.5 12 13 4.5',
  sessions: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  audit: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 14 14',
  windows: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8v3.4l2.2 1.4',
  locks: 'M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  access: 'M6 7.5a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM1.8 13.2c0-2.3 1.8-3.7 4.2-3.7.9 0 1.7.2 2.4.6M9.8 12l1.6 1.6 3-3.4',
  tools: 'M2.5 5.3 8 2.5l5.5 2.8v5.4L8 13.5l-5.5-2.8zM2.5 5.3 8 8.2l5.5-2.9M8 8.2v5.3',
  policy: 'M3.5 2.5h6.2l2.8 2.8v8.2h-9zM5.8 7.2h4.4M5.8 9.4h4.4M5.8 11.6h2.4',
  menu: 'M2.5 4.2h11M2.5 8h11M2.5 11.8h11',
  connect: 'M6 2.5v3M10 2.5v3M4 5.5h8v2.5a4 4 0 0 1-8 0zM8 12v2',
  dark: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  light: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  back: 'M9.5 3.5 5 8l4.5 4.5',
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }): ReactNode {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
