import { readFile } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { didYouMean } from '../../model/did-you-mean.js';
import { Failure } from '../../model/failure.js';
import { checkEngineOptions, ENGINE_KEYS } from '../options/engine-options.js';
import { checkByRule } from '../options/option-rule.js';
import { SERVE_RULES, type ServeOptions } from './serve-options.js';

/** The file that is read if none is named and it exists. */
export const DEFAULT_CONFIG_FILE = 'segnet-stream.yaml';

/**
 * Reads `serve`'s options from a YAML file. Keys are the options' names with or without hyphens (`maxFps`, `max-fps`); `sources` is a
 * list of `[NAME=]SOURCE`, or a map of names to sources.
 *
 * @throws `Failure` `CONFIG_MISSING`, or `CONFIG_INVALID`, naming file and line.
 */
export async function readConfigFile(path: string): Promise<Partial<ServeOptions>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure('CONFIG_MISSING', `The configuration ${path} cannot be read (${code})`, { cause });
  }
  return parseConfig(text, path);
}

/** Parses the text of a configuration. @throws `Failure` `CONFIG_INVALID`, naming file and line. */
export function parseConfig(text: string, path: string): Partial<ServeOptions> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const fail = (offset: number, message: string): never => {
    throw new Failure('CONFIG_INVALID', `${path}, line ${lines.linePos(offset).line}: ${message}`);
  };
  const [broken] = document.errors;
  if (broken) fail(broken.pos[0], broken.message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, ''));
  const root = document.contents;
  if (root === null) return {};
  if (!isMap(root)) return fail((root as Node).range?.[0] ?? 0, 'expected a map of options, `port: 8080`');

  const options: Record<string, unknown> = {};
  for (const pair of root.items) {
    const key = pair.key as Node;
    const offset = key.range?.[0] ?? 0;
    const written = String(isScalar(key) ? key.value : key);
    const name = written.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const value = (pair.value as Node | null)?.toJS(document);
    if (name === 'sources') {
      const wrong = wrongSource(written, pair.value, value);
      if (wrong) fail(wrong.offset ?? offset, `expected ${wrong.name} to be a source, a text`);
    }
    if (Object.hasOwn(options, name)) fail(offset, `${written} is given twice`);
    try {
      options[name] = readValue(name, written, value);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const place = (pair.value as Node | null)?.range?.[0] ?? offset;
      fail(isSeq(pair.value) || isMap(pair.value) ? offset : place, error.message);
    }
  }
  return options;
}

function readValue(name: string, written: string, value: unknown): unknown {
  if (name === 'sources') return readSources(value);
  if ((ENGINE_KEYS as readonly string[]).includes(name)) {
    checkEngineOptions({ [name]: value }, () => written);
    return value;
  }
  const rule = SERVE_RULES[name as keyof typeof SERVE_RULES];
  if (!Object.hasOwn(SERVE_RULES, name) || !rule) {
    const named = Object.entries(SERVE_RULES).flatMap(([each, { secret }]) => (secret ? [] : [each]));
    const known = ['sources', ...named, ...ENGINE_KEYS];
    const hint = didYouMean(name, known) || `; there are ${known.join(', ')}`;
    throw new Failure('CONFIG_INVALID', `there is no option ${written}${hint}`);
  }
  if (rule.secret)
    throw new Failure(
      'CONFIG_INVALID',
      `${written} does not belong into this file: use tokenFile or SEGNET_STREAM_TOKEN`,
    );
  const list = rule.kind === 'list' && typeof value === 'string' ? [value] : value;
  checkByRule(written, list, rule);
  return list;
}

/** The first entry of a list or map of sources that is not a string: its name, `sources[1]` or `sources.front`, and its offset. */
function wrongSource(written: string, node: unknown, value: unknown): { name: string; offset?: number } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const at = entries.findIndex(([, source]) => typeof source !== 'string');
  if (at < 0) return undefined;
  const key = entries[at]![0];
  const name = Array.isArray(value) ? `${written}[${key}]` : `${written}.${key}`;
  // An alias has its entries elsewhere.
  const item = isSeq(node) ? node.items[at] : isMap(node) ? (node.items[at]?.value ?? node.items[at]?.key) : undefined;
  const offset = (item as Node | undefined)?.range?.[0];
  return { name, ...(offset !== undefined && { offset }) };
}

/** Reads sources that `wrongSource` has checked. */
function readSources(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, source]) => `${name}=${source}`);
  throw new Failure('CONFIG_INVALID', 'expected sources to be a list of sources, or a map of names to sources');
}
