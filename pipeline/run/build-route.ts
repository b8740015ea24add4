import {
  filter,
  identity,
  type MonoTypeOperatorFunction,
  type Observable,
  pipe,
  Subject,
  takeUntil,
  type UnaryFunction,
} from 'rxjs';
import type { Engine } from '../../model/engine.js';
import { type Audience, broadcast } from '../../operators/broadcast.js';
import { decode } from '../../operators/decode.js';
import { encode } from '../../operators/encode.js';
import { exclude } from '../../operators/exclude.js';
import type { OverlaidFrame, SegmentedFrame } from '../../operators/frame.js';
import { overlay } from '../../operators/overlay.js';
import { recycle, type SpentFrame } from '../../operators/picture-memory.js';
import { segment } from '../../operators/segment.js';
import { smooth } from '../../operators/smooth.js';
import type { SourceInfo } from '../../operators/source-info.js';
import { writeMask } from '../../operators/write-mask.js';
import { writeMasks } from '../../operators/write-masks.js';
import { writePicture } from '../../operators/write-picture.js';
import { writeRecords } from '../../operators/write-records.js';
import { sequenceOptions } from './image-sequence.js';
import { letOthersFinish } from './let-others-finish.js';
import type { Job } from './prepare-run.js';
import type { CheckedRunOptions } from './run-options.js';

/** The callbacks of a route, and the signal that stops it. */
export interface RouteContext {
  /** Ends the source; frames under way are finished. */
  readonly signal?: AbortSignal;
  readonly onInfo?: (info: SourceInfo) => void;
  readonly onWarning?: (text: string, code: string) => void;
  /** Is shown every frame. If not provided, nobody watches. */
  readonly audience?: Audience | undefined;
}

/**
 * Builds the route of one input's frames, from ffmpeg to every output. Cold; passes each frame on, without its
 * pictures, when all of its outputs have taken it.
 */
export function buildRoute(
  { input, outputs }: Job,
  engine: Engine,
  options: CheckedRunOptions,
  { signal, onInfo, onWarning, audience }: RouteContext = {},
): Observable<SpentFrame<SegmentedFrame>> {
  const { output, masks, maskVideo, frames } = outputs;
  const failed = new Subject<never>();
  const keepOthers = <T>(step: MonoTypeOperatorFunction<T>) => letOthersFinish(step, (error) => failed.error(error));
  const { start, duration, track, size, crf, encoder, hwaccel, visualize, opacity, realtime } = options;
  const warning = onWarning && { onWarning };
  const threads = options.engine.threads === undefined ? {} : { threads: options.engine.threads };
  const part = {
    ...(track > 1 && { track }),
    ...(start > 0 && { startSeconds: start }),
    ...(duration !== undefined && { durationSeconds: duration }),
  };

  const segmented = decode(input.path, {
    ...part,
    ...warning,
    ...(size === undefined ? { fit: engine.inputSize } : { fit: size, fitMode: 'stretch' as const }),
    ...(hwaccel !== undefined && { hwaccel }),
    ...threads,
    realtime: audience !== undefined && realtime,
    inputOptions: sequenceOptions(input),
    ...(signal && { signal }),
    ...(onInfo && { onInfo }),
  }).pipe(
    takeUntil(failed),
    // An animated PNG has more frames than a picture's outputs can hold.
    input.kind === 'image' ? filter(({ index }) => index === 0) : identity,
    segment(engine, { batch: options.batch, stride: options.stride }),
    options.smooth === false ? identity : smooth(options.smooth === true ? {} : { strength: options.smooth }),
    options.exclude === undefined ? identity : exclude(options.exclude),
    // Before the slower outputs, so that viewers see young frames. It passes a frame on once its parts are encoded, and
    // audiences keep only those: the end of the route may reuse the pictures.
    audience === undefined ? identity : broadcast(audience, { opacity }),
    masks === undefined ? identity : input.kind === 'image' ? writeMask(masks) : writeMasks(masks, { replace: true }),
    maskVideo === undefined ? identity : encode(maskVideo, { ...part, ...warning, ...threads, content: 'mask' }),
  );
  // The records come last, so that they include the times of all steps.
  const end: UnaryFunction<Observable<SegmentedFrame>, Observable<SpentFrame<SegmentedFrame>>> = pipe(
    frames === undefined ? identity : keepOthers(writeRecords(frames)),
    recycle(),
  );
  if (output === undefined || visualize === 'none') return segmented.pipe(end);

  const { ignoreClass: ignoreClasses, legend } = options;
  const paint = overlay({ visualize, opacity, ignoreClasses, legend });
  if (input.kind === 'image') return segmented.pipe(keepOthers<SegmentedFrame>(pipe(paint, writePicture(output))), end);
  const settings = { ...threads, ...(crf !== undefined && { crf }), ...(encoder !== undefined && { encoder }) };
  // Pictures have no sound, and standard input can be read only once.
  const copy = input.kind === 'video' ? { copyFrom: input.path } : {};
  const stop = signal && { signal };
  const write = encode<OverlaidFrame>(output, { ...part, ...warning, ...settings, ...copy, ...stop });
  return segmented.pipe(keepOthers<SegmentedFrame>(pipe(paint, write)), end);
}
