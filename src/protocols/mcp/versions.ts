/** Revisions of the protocol that the gateway relays. The last one is stateless; all before it have sessions. */
const LEGACY_VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
export const MODERN_VERSION = '2026-07-28';

const SUPPORTED_VERSIONS: readonly string[] = [...LEGACY_VERSIONS, MODERN_VERSION];

export type Era = 'legacy' | 'modern';

export function isSupported(version: string): boolean {
  return SUPPORTED_VERSIONS.includes(version);
}

/** Batches came with 2025-03-26 and went with 2025-06-18; a client that names no version counts as 2025-03-26. */
export function takesBatches(version: string | undefined): boolean {
  return version === undefined || version === '2024-11-05' || version === '2025-03-26';
}
