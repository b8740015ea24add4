import type { Colour } from './palettes.js';

/** The decoded parts of a frame. */
export interface Picture {
  /** Undefined if only the mask was sent. */
  readonly source: ImageBitmap | undefined;
  readonly mask: { readonly width: number; readonly height: number; readonly data: Uint8Array } | undefined;
  readonly displayWidth: number;
  readonly displayHeight: number;
}

/**
 * Draws a picture with the colours of its classes over it. Keeps the latest picture, so that opacity, palette and toggles take
 * effect at once, even while paused.
 */
export class MaskCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #layer = document.createElement('canvas');
  readonly #layerContext: CanvasRenderingContext2D;
  #pixels: ImageData | undefined;
  #picture: Picture | undefined;
  #opacity = 0.5;
  /** The pixel value in memory by class index; 0 is transparent. */
  readonly #lookup = new Uint32Array(256);

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false })!;
    // The processor writes and reads it, so a copy in graphics memory would only cost time.
    this.#layerContext = this.#layer.getContext('2d', { willReadFrequently: true })!;
  }

  /** Draws the picture now and frees the previous one. */
  show(picture: Picture): void {
    if (this.#picture?.source !== picture.source) this.#picture?.source?.close();
    this.#picture = picture;
    this.#colourMask();
    this.#draw();
  }

  /** Removes the picture; the canvas is black. */
  clear(): void {
    this.#picture?.source?.close();
    this.#picture = undefined;
    this.#context.globalAlpha = 1;
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** @param opacity 0-1. */
  setOpacity(opacity: number): void {
    this.#opacity = opacity;
    this.#draw();
  }

  /** @param visible True for each class that is coloured, by index. */
  setColours(colours: readonly Colour[], visible: readonly boolean[]): void {
    const bytes = new Uint8ClampedArray(this.#lookup.buffer);
    this.#lookup.fill(0);
    for (const [index, [red, green, blue]] of colours.entries()) {
      if (visible[index]) bytes.set([red, green, blue, 255], index * 4);
    }
    this.#colourMask();
    this.#draw();
  }

  /** The class at a position in the picture, both coordinates 0-1; undefined without a mask. */
  classAt(x: number, y: number): number | undefined {
    const mask = this.#picture?.mask;
    if (!mask || x < 0 || y < 0 || x >= 1 || y >= 1) return undefined;
    return mask.data[Math.floor(y * mask.height) * mask.width + Math.floor(x * mask.width)];
  }

  /** The picture as drawn, as PNG. */
  snapshot(): Promise<Blob | null> {
    return new Promise((resolve) => this.#canvas.toBlob(resolve, 'image/png'));
  }

  #colourMask(): void {
    const mask = this.#picture?.mask;
    if (!mask) return;
    if (this.#pixels?.width !== mask.width || this.#pixels.height !== mask.height) {
      this.#layer.width = mask.width;
      this.#layer.height = mask.height;
      this.#pixels = this.#layerContext.createImageData(mask.width, mask.height);
    }
    const pixels = new Uint32Array(this.#pixels.data.buffer);
    for (let index = 0; index < pixels.length; index++) pixels[index] = this.#lookup[mask.data[index]!]!;
    this.#layerContext.putImageData(this.#pixels, 0, 0);
  }

  #draw(): void {
    const picture = this.#picture;
    if (!picture) return;
    const { displayWidth: width, displayHeight: height } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.globalAlpha = 1;
    if (picture.source) this.#context.drawImage(picture.source, 0, 0, width, height);
    else this.#context.fillRect(0, 0, width, height);
    if (!picture.mask) return;
    this.#context.globalAlpha = picture.source ? this.#opacity : 1;
    this.#context.drawImage(this.#layer, 0, 0, width, height);
  }
}
