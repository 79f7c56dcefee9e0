import type { JsonValue } from '../core/json.ts';
import type { Target } from '../core/target.ts';
import type { ToolSchemas, ToolTarget } from '../policy/tool-arguments.ts';
import { acceptedSchemas } from '../protocols/mcp/pins/accepted-schemas.ts';
import type { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';

/** What tools take, as far as their definitions are relied on: for the check of rules against it. */
export class ToolBook {
  readonly #pins: Pick<ToolPins, 'list' | 'onChange'>;
  #schemas: ReadonlyMap<string, ReadonlyMap<string, JsonValue>> = new Map();

  constructor(pins: Pick<ToolPins, 'list' | 'onChange'>) {
    this.#pins = pins;
  }

  /** Of this moment: what is learned later is in it later. */
  readonly schemas: ToolSchemas = (target) => this.#schemas.get(keyOf(target));

  /** Reads the definitions of these targets, and of no others any more. */
  async read(targets: readonly Target[]): Promise<void> {
    const mine = targets.filter(({ protocol }) => protocol === 'mcp');
    const read = mine.map(async (target) => [keyOf(target), acceptedSchemas(await this.#pins.list(target))] as const);
    this.#schemas = new Map((await Promise.all(read)).filter(([, schemas]) => schemas.size > 0));
  }

  /** Hears of definitions that were learned or answered in this process. */
  onChange(listener: () => void): () => void {
    return this.#pins.onChange(listener);
  }
}

const keyOf = ({ name, address, command }: ToolTarget): string => JSON.stringify([name, address ?? command]);
