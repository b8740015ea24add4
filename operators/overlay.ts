import type { OperatorFunction } from 'rxjs';
import type { ClassLabel } from '../model/engine.js';
import { Failure } from '../model/failure.js';
import { startWorker } from '../model/start-worker.js';
import type { Paint } from './blend.js';
import type { OverlaidFrame, SegmentedFrame, YuvPicture } from './frame.js';
import { inOrder } from './in-order.js';
import type { OverlayRequest, OverlayResponse } from './overlay-worker.js';
import { paintedWidth, type Visualize } from './paint-picture.js';
import { matrixOf, rgbToYuv } from './yuv.js';

/** Options of {@link overlay}. */
export interface OverlayOptions {
  /** `overlay` lays the classes over the picture, `mask` shows them alone, `side-by-side` beside it. If not provided, defaults to `overlay`. */
  readonly visualize?: Visualize;
  /** From 0, only the picture, to 1, only the classes. Masks alone are opaque. If not provided, defaults to 0.5. */
  readonly opacity?: number;
  /** Names of classes that are not drawn. */
  readonly ignoreClasses?: readonly string[];
  /** Red, green and blue, each 0-255, by class name, in place of the network's own. */
  readonly palette?: Readonly<Record<string, readonly [number, number, number]>>;
}

/**
 * Draws the classes of each frame at the source's full resolution, in its own colour space, with soft edges. The pixels
 * are worked on in a thread of the step's own, in the order of the frames.
 *
 * Adds the step time `overlay` (ms of that thread).
 *
 * @throws `Failure` `OPTION_INVALID` for an opacity out of range; errors with `OPTION_INVALID` for a class name that the
 * network does not have.
 */
export function overlay(options: OverlayOptions = {}): OperatorFunction<SegmentedFrame, OverlaidFrame> {
  const { visualize = 'overlay', opacity = 0.5 } = options;
  if (!(opacity >= 0 && opacity <= 1)) {
    throw new Failure('OPTION_INVALID', `Expected the opacity option to be between 0 and 1, got ${opacity}.`);
  }
  return inOrder(() => {
    const painter = startPainter();
    let paints: { readonly key: string; readonly planes: readonly [Paint, Paint, Paint] } | undefined;

    return {
      async take(frame) {
        const { picture, mask } = frame;
        const key = JSON.stringify([frame.classes, matrixOf(picture), picture.colour.range]);
        if (paints?.key !== key) paints = { key, planes: makePaints(frame.classes, picture, options) };
        const { width, height } = picture;
        const { data, tookMs } = await painter.paint({
          visualize,
          width,
          height,
          data: visualize === 'mask' ? undefined : exactly(picture.data),
          mask,
          paints: paints.planes,
        });
        return {
          ...frame,
          overlay: { ...picture, width: paintedWidth(visualize, width), data },
          stepTimes: { ...frame.stepTimes, overlay: tookMs },
        };
      },
      dispose: () => painter.stop(),
    };
  });
}

/** Structured cloning copies the whole buffer behind a view: a view of a larger one is cut out first. */
function exactly(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer;
  return isWhole ? (data as Uint8Array<ArrayBuffer>) : data.slice();
}

function makePaints(
  classes: readonly ClassLabel[],
  picture: YuvPicture,
  { visualize = 'overlay', opacity = 0.5, ignoreClasses = [], palette = {} }: OverlayOptions,
): [Paint, Paint, Paint] {
  const names = classes.map(({ name }) => name);
  for (const name of [...ignoreClasses, ...Object.keys(palette)]) {
    if (!names.includes(name)) {
      throw new Failure('OPTION_INVALID', `There is no class ${name}; the network tells apart ${names.join(', ')}.`);
    }
  }
  const paints = [0, 1, 2].map(() => ({ value: new Uint8Array(256), opacity: new Uint8Array(256) }));
  const matrix = matrixOf(picture);
  const isOpaque = visualize !== 'overlay';
  for (const [index, { name, colour }] of classes.entries()) {
    const isIgnored = ignoreClasses.includes(name);
    const shown = isIgnored && isOpaque ? ([0, 0, 0] as const) : (palette[name] ?? colour);
    for (const [plane, value] of rgbToYuv(shown, matrix, picture.colour.range).entries()) {
      paints[plane]!.value[index] = value;
      paints[plane]!.opacity[index] = isOpaque ? 255 : isIgnored ? 0 : Math.round(opacity * 255);
    }
  }
  return paints as [Paint, Paint, Paint];
}

/** The thread that paints, as a function. */
interface Painter {
  paint(job: OverlayRequest['job']): Promise<OverlayResponse>;
  stop(): void;
}

function startPainter(): Painter {
  const worker = startWorker(new URL('./overlay-worker.js', import.meta.url));
  const waiting = new Map<number, { resolve: (response: OverlayResponse) => void; reject: (error: unknown) => void }>();
  let lastId = 0;
  let broken: Failure | undefined;
  worker.on('message', (response: OverlayResponse) => {
    waiting.get(response.id)?.resolve(response);
    waiting.delete(response.id);
  });
  worker.on('error', (error) => {
    broken = new Failure('OVERLAY_FAILED', `The overlay thread failed: ${error.message}.`, { cause: error });
    for (const { reject } of waiting.values()) reject(broken);
  });
  return {
    paint(job) {
      if (broken) return Promise.reject(broken);
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, job } satisfies OverlayRequest);
      });
    },
    stop: () => void worker.terminate(),
  };
}
