import type { OperatorFunction } from 'rxjs';
import { checkChoice, checkNumber, optionInvalid } from '../model/check-option.js';
import { Failure } from '../model/failure.js';
import { checkPicture } from './check-picture.js';
import type { OverlaidFrame, SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { type RenderedLegend, renderLegend } from './legend.js';
import { type Paints, paintedBytes, paintedWidth, type Visualize, visualizations } from './paint-picture.js';
import { openPainter } from './painter.js';
import { takePictureBytes } from './picture-memory.js';
import { matrixOf, rgbToYuv } from './yuv.js';

/** Options of {@link overlay}. */
export interface OverlayOptions {
  /** `overlay` lays the classes over the picture, `mask` shows them alone, `side-by-side` beside it, `overlay,mask` both. @default 'overlay' */
  readonly visualize?: Visualize | undefined;
  /** From 0, only the picture, to 1, only the classes. Masks alone are opaque. @default 0.5 */
  readonly opacity?: number | undefined;
  /** Names of classes that are not drawn. */
  readonly ignoreClasses?: readonly string[] | undefined;
  /** Colours by class name that replace the network's own: red, green and blue, each 0-255. */
  readonly palette?: Readonly<Record<string, readonly [number, number, number]>> | undefined;
  /** Draws names, colours and shares of the classes in the lower left corner. @default false */
  readonly legend?: boolean | undefined;
}

/**
 * Draws the classes of each frame at the source's full resolution, in its own colour space, with soft edges. The pixels
 * are painted in a thread that all such steps share, in the order of the frames.
 *
 * Adds the step time `overlay` (ms of that thread).
 *
 * @throws `Failure` `OPTION_INVALID` for options out of range; errors with `OPTION_INVALID` for a class name that the
 * network does not have, with `FRAME_INVALID` for a picture whose bytes are not those of its size.
 */
export function overlay(options: OverlayOptions = {}): OperatorFunction<SegmentedFrame, OverlaidFrame> {
  const { visualize = 'overlay', opacity = 0.5 } = options;
  checkChoice('visualize', visualize, visualizations);
  checkNumber('opacity', opacity, { min: 0, max: 1 });
  for (const [name, colour] of Object.entries(options.palette ?? {})) {
    const isColour = Array.isArray(colour) && colour.length === 3 && colour.every((part) => part >= 0 && part <= 255);
    if (!isColour) throw optionInvalid(`palette.${name}`, 'red, green and blue, each 0-255', colour);
  }
  return inOrder(() => {
    const painter = openPainter();
    const styles = new Map<string, Style>();

    return {
      async take(frame) {
        const { picture, mask, shares } = frame;
        checkPicture('yuv420p', picture);
        const key = JSON.stringify([frame.classes, picture.width, picture.height, picture.colour]);
        const style = styles.get(key) ?? makeStyle(frame, options);
        styles.set(key, style);
        // Every frame waits for it, so that none overtakes the first.
        const legend = await style.legend;
        const { width, height } = picture;
        const data = visualize === 'mask' ? undefined : exactly(picture.data);
        const out = takePictureBytes(paintedBytes(visualize, width, height));
        const job = { visualize, width, height, data, mask, paints: style.paints, leftPaints: style.leftPaints, out };
        const painted = await painter.paint(job, legend, shares);
        return {
          ...frame,
          overlay: { ...picture, width: paintedWidth(visualize, width), data: painted.out },
          stepTimes: { ...frame.stepTimes, overlay: painted.tookMs },
        };
      },
      dispose: () => painter.close(),
    };
  });
}

/** The properties that depend only on the classes and the kind of picture. */
interface Style {
  readonly paints: Paints;
  readonly leftPaints: Paints | undefined;
  readonly legend: Promise<RenderedLegend> | undefined;
}

function makeStyle({ classes, picture }: SegmentedFrame, options: OverlayOptions): Style {
  const { ignoreClasses = [], palette = {} } = options;
  const names = classes.map(({ name }) => name);
  for (const name of [...ignoreClasses, ...Object.keys(palette)]) {
    if (names.includes(name)) continue;
    throw new Failure('OPTION_INVALID', `There is no class ${name}; the network tells apart ${names.join(', ')}`);
  }
  const shown = classes
    .map(({ name, colour }, index) => ({ index, name, colour: Object.hasOwn(palette, name) ? palette[name]! : colour }))
    .filter(({ name }) => !ignoreClasses.includes(name));
  const matrix = matrixOf(picture);
  const { range } = picture.colour;
  const { visualize = 'overlay', opacity = 0.5 } = options;
  // Classes that are not drawn are black if there is no picture beneath them.
  const black = rgbToYuv([0, 0, 0], matrix, range);
  const makePaints = (isOpaque: boolean): Paints => {
    // Shared memory, because they are sent to the thread with every frame.
    const table = () => new Uint8Array(new SharedArrayBuffer(256));
    const paint = () => ({ value: table(), opacity: table() });
    const paints = [paint(), paint(), paint()] as const;
    for (const [plane, paint] of paints.entries()) {
      paint.value.fill(black[plane]!);
      paint.opacity.fill(isOpaque ? 255 : 0);
    }
    for (const { index, colour } of shown) {
      for (const [plane, value] of rgbToYuv(colour, matrix, range).entries()) {
        paints[plane]!.value[index] = value;
        paints[plane]!.opacity[index] = isOpaque ? 255 : Math.round(opacity * 255);
      }
    }
    return paints;
  };
  const paints = makePaints(visualize !== 'overlay');
  const leftPaints = visualize === 'overlay,mask' ? makePaints(false) : undefined;
  const width = paintedWidth(visualize, picture.width);
  const design = { classes: shown, pictureWidth: width, pictureHeight: picture.height, matrix, range };
  // Begun last: if something above threw, nobody would await the legend, and its own failure would end the process.
  const legend = options.legend && shown.length > 0 ? renderLegend(design) : undefined;
  return { paints, leftPaints, legend };
}

/**
 * Returns bytes that can be sent to the thread. Shared memory is sent as it is; of a view of other memory the whole
 * buffer would be copied, so the view is copied first.
 */
function exactly(data: Uint8Array): Uint8Array {
  const isShared = data.buffer instanceof SharedArrayBuffer;
  return isShared || data.byteLength === data.buffer.byteLength ? data : data.slice();
}
