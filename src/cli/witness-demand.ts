import type { WitnessDemand } from '../audit/cosigned.ts';
import { parseWitnessKey } from '../audit/witness-key.ts';
import { explainError, SallyportError } from '../core/error.ts';
import { readDuration } from '../policy/duration.ts';
import type { Invocation } from './command.ts';

/** What `--witness`, `--quorum` and `--cosigned-within` ask for; undefined where no witness is named. Throws `usage`. */
export function witnessDemand({ lists, options }: Pick<Invocation, 'lists' | 'options'>): WitnessDemand | undefined {
  const given = [...new Set(lists['witness'] ?? [])];
  const { quorum: asked, 'cosigned-within': within = '1h' } = options;
  if (given.length === 0) {
    if (asked !== undefined || options['cosigned-within'] !== undefined) throw usage('--quorum and --cosigned-within need a --witness');
    return undefined;
  }
  const quorum = asked === undefined ? given.length : Number(asked);
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > given.length) throw usage(`--quorum is a number from 1 to ${given.length}`);
  const withinMs = readDuration(within);
  if (withinMs === undefined) throw usage('--cosigned-within is a time such as 30m');
  return { keys: given.map(parseKey), quorum, withinMs };
}

function parseKey(text: string): WitnessDemand['keys'][number] {
  try {
    return parseWitnessKey(text, '--witness');
  } catch (cause) {
    throw usage(explainError(cause), cause);
  }
}

function usage(message: string, cause?: unknown): SallyportError {
  return new SallyportError('usage', message, { cause, hint: 'sallyport audit verify --help' });
}
