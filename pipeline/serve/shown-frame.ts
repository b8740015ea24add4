import type { EncodedPart, PicturePart } from '../../operators/encode-parts.js';
import { frameNow, type SegmentedFrame } from '../../operators/frame.js';
import { type FramePacket, packFrame } from '../client/frame-packet.js';

/** A frame that a stream has emitted: what viewers may get of it, without its pixels. */
export interface ShownFrame {
  readonly seq: number;
  /** Time by `serverNow`. */
  readonly capturedAt: number;
  readonly parts: ReadonlyMap<PicturePart, EncodedPart>;
  readonly header: Omit<FramePacket, 'parts' | 'ageUs' | 'skipped' | 'stepUs'>;
  readonly stepMs: { readonly decode: number; readonly segment: number; readonly encode: number };
}

/** The server's clock: ms since 1970, never going backwards. */
export const serverNow = frameNow;

/** Keeps the parts of a frame that may be sent. */
export function shownFrame(
  frame: SegmentedFrame,
  place: { readonly stream: number; readonly seq: number },
  parts: readonly EncodedPart[],
  encodeMs: number,
): ShownFrame {
  const [aspectWidth, aspectHeight] = frame.picture.pixelAspect;
  return {
    seq: place.seq,
    capturedAt: frame.arrivedAt,
    parts: new Map(parts.map((part) => [part.kind, part])),
    header: {
      ...place,
      epoch: frame.epoch,
      capturedUs: frame.arrivedAt * 1000,
      ptsUs: frame.ptsUs,
      maskWidth: frame.mask.width,
      maskHeight: frame.mask.height,
      displayWidth: Math.round((frame.picture.width * aspectWidth) / aspectHeight),
      displayHeight: frame.picture.height,
    },
    stepMs: { decode: frame.stepTimes.decode ?? 0, segment: frame.stepTimes.segment ?? 0, encode: encodeMs },
  };
}

/** Encodes the message for one viewer, with the frame's current age. */
export function packShownFrame(shown: ShownFrame, kinds: Iterable<PicturePart>, skipped: number): Uint8Array {
  const ageMs = serverNow() - shown.capturedAt;
  const { decode, segment, encode } = shown.stepMs;
  const parts = [...kinds].flatMap((kind) => shown.parts.get(kind) ?? []);
  return packFrame({
    ...shown.header,
    ageUs: ageMs * 1000,
    skipped,
    stepUs: {
      decode: decode * 1000,
      // The age counts from the end of decoding.
      wait: Math.max(ageMs - segment - encode, 0) * 1000,
      segment: segment * 1000,
      encode: encode * 1000,
    },
    parts,
  });
}
