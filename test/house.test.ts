import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { packageRoot } from '../pipeline/options/package-root.js';

/** One import of one file: both by their paths in the repository, a library by its name. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly library: boolean;
  readonly typeOnly: boolean;
  /** True for `import()`, which loads only when it is called. */
  readonly lazy: boolean;
}

const ROOMS = ['model', 'operators', 'pipeline', 'fixtures'] as const;

/** What each room may import besides libraries and itself. `types` are imports that leave nothing in the compiled code. */
const ALLOWED: Readonly<Record<(typeof ROOMS)[number], (found: Import) => boolean>> = {
  model: () => false,
  operators: ({ to, typeOnly }) =>
    inRoom(to, 'model') &&
    (typeOnly || ['failure', 'check-option', 'scale-mask', 'start-asker'].some((name) => to === `model/${name}.ts`)),
  pipeline: ({ to }) => inRoom(to, 'model') || inRoom(to, 'operators'),
  fixtures: ({ to, typeOnly }) =>
    inRoom(to, 'model') && (typeOnly || ['classes', 'failure', 'is-main'].some((name) => to === `model/${name}.ts`)),
};

const files = ROOMS.flatMap((room) => sourcesIn(room));
const imports = files.flatMap(importsOf);

t.test('every room imports only what the plan of the house allows', async (t) => {
  for (const room of ROOMS) {
    const strays = imports
      .filter(({ from, to, library }) => inRoom(from, room) && !library && !inRoom(to, room))
      .filter((found) => !ALLOWED[room](found))
      .map(({ from, to }) => `${from} imports ${to}`);
    t.same(strays, [], room);
  }
});

t.test('every import of a file names one that exists', async (t) => {
  const broken = imports.filter(({ to, library }) => !library && !existsSync(join(packageRoot, to)));
  t.same(broken, []);
});

t.test('no file needs itself by way of others, and no folder', async (t) => {
  const between = imports.filter(({ library }) => !library);
  const files = between.filter(({ typeOnly }) => !typeOnly).map(({ from, to }) => [from, to] as const);
  t.same(inCircles(files), []);
  const folders = between
    .map(({ from, to }) => [dirname(from), dirname(to)] as const)
    // The top of pipeline/ holds what its rooms share as well as what is made of them.
    .filter(([from, to]) => from !== to && from !== 'pipeline' && to !== 'pipeline');
  t.same(inCircles(folders), []);
});

t.test('every library is declared, for what runs as a dependency', async (t) => {
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const runtime = new Set(Object.keys({ ...dependencies, ...optionalDependencies }));
  const any = new Set([...runtime, ...Object.keys(devDependencies ?? {})]);
  const undeclared = imports
    .filter(
      ({ from, library, to, typeOnly }) =>
        // The page is bundled when the project is built: what goes into it is not needed afterwards.
        library &&
        !to.startsWith('node:') &&
        !(typeOnly || inRoom(from, 'pipeline/viewer') ? any : runtime).has(packageOf(to)),
    )
    .map(({ from, to }) => `${from} imports ${to}`);
  t.same(undeclared, []);
});

t.test('messages of failures end without a full stop, as others go on after them', async (t) => {
  const stopped: string[] = [];
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(join(packageRoot, file), 'utf8'), ts.ScriptTarget.Latest);
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText(source) === 'Failure') {
        const message = node.arguments?.[1]?.getText(source) ?? '';
        if (/\.['`]$/.test(message)) stopped.push(`${file}: ${message}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  t.same(stopped, []);
});

t.test('no command loads a library that takes long before it is needed', async (t) => {
  const loaded = imports.filter(({ typeOnly, lazy }) => !typeOnly && !lazy);
  const commands = files.filter((file) => file === 'pipeline/cli.ts' || file.startsWith('pipeline/commands/'));
  const reached = new Set(commands);
  for (const file of reached) for (const { from, to } of loaded) if (from === file) reached.add(to);
  t.ok(reached.has('commander') && reached.has('model/training/recipe.ts'), 'imports of imports are followed');
  const slow = ['sharp', 'onnxruntime-node', 'fluent-ffmpeg', 'pino', 'ws', 'protobufjs', '@tensorflow/tfjs-node-gpu'];
  t.same(
    slow.filter((library) => reached.has(library)),
    [],
  );
});

t.test('fluent-ffmpeg is behind one file', async (t) => {
  const users = new Set(imports.filter(({ to }) => packageOf(to) === 'fluent-ffmpeg').map(({ from }) => from));
  t.same([...users], ['operators/ffmpeg.ts']);
});

t.test('no folder is a drawer for odds and ends, and files are named in kebab-case', async (t) => {
  const folders = files.flatMap((file) => dirname(file).split('/'));
  t.same(
    [...new Set(folders)].filter((name) => /^(utils?|common|misc|helpers?|lib)$/.test(name)),
    [],
  );
  t.same(
    files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(file))),
    [],
  );
});

t.test('every export has a sentence', async (t) => {
  const bare = files.flatMap((file) => {
    const source = ts.createSourceFile(
      file,
      readFileSync(join(packageRoot, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    return source.statements.filter(isExported).flatMap((statement) => {
      if (ts.getJSDocCommentsAndTags(statement).length > 0) return [];
      const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
      return [`${file}:${line} ${statement.getText().split('\n')[0]}`];
    });
  });
  t.same(bare, []);
});

/** True for what is declared and exported; overloads stand under the sentence of the first. */
function isExported(statement: ts.Statement): boolean {
  if (ts.isFunctionDeclaration(statement) && statement.body === undefined) return false;
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

type Edge = readonly [from: string, to: string];

/** The edges that are left when those from where none comes and to where none goes on are taken away again and again. */
function inCircles(edges: readonly Edge[]): readonly Edge[] {
  const sources = new Set(edges.map(([from]) => from));
  const targets = new Set(edges.map(([, to]) => to));
  const left = edges.filter(([from, to]) => targets.has(from) && sources.has(to));
  return left.length === edges.length ? left : inCircles(left);
}

function inRoom(path: string, room: string): boolean {
  return path.startsWith(`${room}/`);
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

function sourcesIn(room: string): readonly string[] {
  return readdirSync(join(packageRoot, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(^|[\\/])(node_modules|\.)/.test(name))
    .map((name) => join(room, name).replaceAll('\\', '/'));
}

function importsOf(from: string): readonly Import[] {
  const source = ts.createSourceFile(from, readFileSync(join(packageRoot, from), 'utf8'), ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean, lazy = false) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const library = !specifier.text.startsWith('.');
    const to = library ? specifier.text : sourceOf(join(dirname(from), specifier.text));
    found.push({ from, to, library, typeOnly, lazy });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add((node.argument as ts.LiteralTypeNode).literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false, true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `import type { A }` and `import { type A, type B }`. */
function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every((element) => element.isTypeOnly);
}

/** The TypeScript file that a `.js` specifier stands for. */
function sourceOf(path: string): string {
  return normalize(path).replaceAll('\\', '/').replace(/\.js$/, '.ts');
}
