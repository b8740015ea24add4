import { packagedFile } from '../options/package-root.js';

/** What was typed, and where. */
export interface TypedArguments {
  readonly args: readonly string[];
  /** The folder in which it was typed, where that is another than the working folder. */
  readonly folder?: string;
}

/**
 * What a person typed: npm runs `npm start -- run x.mp4` in the package's folder and tells where it was typed. `npm start`
 * alone shows what the project does: it segments the sample clip.
 */
export function typedArguments(args: readonly string[], environment: NodeJS.ProcessEnv): TypedArguments {
  // Other packages have a `start` of their own, which may call us.
  const isOurs = environment.npm_package_name === 'segnet-stream' && environment.npm_lifecycle_event === 'start';
  if (!isOurs) return { args };
  const folder = environment.INIT_CWD;
  return {
    args: args.length > 0 ? args : ['run', packagedFile('fixtures', 'clips', 'road.mp4')],
    ...(folder !== undefined && { folder }),
  };
}
