export { type Audience, broadcast } from './broadcast.js';
export { chooseEncoder, type EncoderChoice } from './choose-encoder.js';
export { type DecodeOptions, decode } from './decode.js';
export { type DropStaleOptions, dropStale } from './drop-stale.js';
export { type EncodeOptions, encode } from './encode.js';
export type { Codec, EncodedPart, EncodePartsOptions, PicturePart } from './encode-parts.js';
export { exclude, type Region } from './exclude.js';
export { type FfmpegTool, findFfmpeg } from './find-ffmpeg.js';
export {
  type ColourTags,
  type Frame,
  frameNow,
  type OverlaidFrame,
  type SegmentedFrame,
  type StepTimes,
  type YuvPicture,
} from './frame.js';
export { createGate, type Gate } from './gate.js';
export { inOrder, type Work } from './in-order.js';
export { type LimitRateOptions, limitRate } from './limit-rate.js';
export { createMeter, type Measurement, type Meter, measure, type Timed, type Timing } from './measure.js';
export { type OverlayOptions, overlay } from './overlay.js';
export type { Visualize } from './paint-picture.js';
export { recycle, type SpentFrame } from './picture-memory.js';
export { probe } from './probe.js';
export { redact } from './redact.js';
export { type SegmentOptions, segment } from './segment.js';
export { type SmoothOptions, smooth } from './smooth.js';
export type { SourceInfo } from './source-info.js';
export { type Attempt, type SourceState, type SourceStatus, type SuperviseOptions, supervise } from './supervise.js';
export { writeMask } from './write-mask.js';
export { type WriteMasksOptions, writeMasks } from './write-masks.js';
export { writePicture } from './write-picture.js';
export { type FrameRecord, writeRecords } from './write-records.js';
