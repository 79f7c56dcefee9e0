import { readFile } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';
import { isJsonArray, isJsonObject, member, parseJson, type JsonValue } from '../core/json.ts';
import type { ToolSchemas } from '../policy/tool-arguments.ts';

/** `models=tools.json,billing=b.json`: each file is the answer of a server to `tools/list`, or its result. */
export async function readToolLists(option: string): Promise<ToolSchemas> {
  const known = new Map<string, ReadonlyMap<string, JsonValue>>();
  for (const part of option.split(',')) {
    const at = part.indexOf('=');
    if (at < 1) throw new SallyportError('usage', `--tools ${part} names no file`, { hint: 'TARGET=FILE, several with commas between' });
    const file = part.slice(at + 1);
    known.set(part.slice(0, at), await readSchemas(file));
  }
  return ({ name }) => known.get(name);
}

async function readSchemas(file: string): Promise<ReadonlyMap<string, JsonValue>> {
  let value: JsonValue;
  try {
    value = parseJson(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new SallyportError('usage', `${file} cannot be read as JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  const tools = member(member(value, 'result') ?? value, 'tools');
  if (!isJsonArray(tools)) throw new SallyportError('usage', `${file} is no answer to tools/list`, { hint: 'it has a member tools, a list' });
  return new Map(
    tools.flatMap((tool): [string, JsonValue][] => {
      const [name, schema] = [member(tool, 'name'), member(tool, 'inputSchema')];
      return typeof name === 'string' && isJsonObject(schema) ? [[name, schema]] : [];
    }),
  );
}
