import { DEFAULT_LIMITS, type Target } from '../../src/core/target.ts';

/** A target with what a resource file that says nothing else would give it. */
export const plainTarget = (more: Partial<Target> = {}): Target => ({
  name: 'lab',
  protocol: 'mcp',
  labels: {},
  owners: [],
  audit: 'strict',
  masking: 'enforce',
  pin: 'trust-first',
  extraArguments: 'allow',
  leadingDash: 'refuse',
  limits: DEFAULT_LIMITS,
  ...more,
});
