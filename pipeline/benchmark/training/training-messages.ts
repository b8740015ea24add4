/*
 * The questions to the programs that train one network side by side, and their answers, as lines of JSON: `training-program.ts`
 * on TensorFlow, `../peers/trainer.py` on PyTorch. `run` and `memory` are those of `../contest/contest-messages.ts`.
 */

/** The names of a lesson's files in its folder. */
export const lessonFiles = {
  /** The layers in this project's form. */
  layers: 'layers.json',
  /** The initial weights of both programs. */
  tensors: 'start.safetensors',
  /** 8-bit RGB, consecutive pictures, and a class index for each pixel. */
  pictures: 'pictures.rgb',
  labels: 'labels.bin',
} as const;

/** Prepares training; answered by the loss of the lesson before the first step. */
export interface LessonQuestion {
  readonly ask: 'load';
  readonly folder: string;
  readonly network: string;
  readonly width: number;
  readonly height: number;
  readonly batch: number;
  readonly threads: number;
}

/** The time and result of a training step. */
export interface LessonAnswer {
  readonly description: string;
  /** Mean cross-entropy; dropout makes it differ slightly between programs. */
  readonly loss: number;
}
