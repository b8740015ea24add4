import { sampleClip } from '../options/package-root.js';

/** The arguments that were typed, and where. */
export interface TypedArguments {
  readonly args: readonly string[];
  /** The folder in which they were typed, if it is not the working folder. */
  readonly folder?: string;
}

/**
 * Determines what a person typed. npm runs `npm start -- run x.mp4` in the package's folder and passes on where it was typed.
 * `npm start` without arguments demonstrates the project by segmenting the sample clip.
 */
export function typedArguments(args: readonly string[], environment: NodeJS.ProcessEnv): TypedArguments {
  // Another package's `start` script may call this program.
  const isOurs = environment.npm_package_name === 'segnet-stream' && environment.npm_lifecycle_event === 'start';
  if (!isOurs) return { args };
  const folder = environment.INIT_CWD;
  return {
    args: args.length > 0 ? args : ['run', sampleClip],
    ...(folder !== undefined && { folder }),
  };
}
