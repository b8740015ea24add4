/*
 * What the programs are asked that train one network side by side, and what they answer, as lines of JSON:
 * `training-program.ts` on TensorFlow, `../peers/trainer.py` on PyTorch. `run` and `memory` are those of `../contest/contest-messages.ts`.
 */

/** What the files of a lesson are called in its folder. */
export const lessonFiles = {
  /** The layers as they are here. */
  layers: 'layers.json',
  /** Where both begin. */
  tensors: 'start.safetensors',
  /** 8-bit RGB, one picture after the other, and a class index for each pixel. */
  pictures: 'pictures.rgb',
  labels: 'labels.bin',
} as const;

/** Gets ready to train, and answers by the loss of the lesson before the first step. */
export interface LessonQuestion {
  readonly ask: 'load';
  readonly folder: string;
  readonly network: string;
  readonly width: number;
  readonly height: number;
  readonly batch: number;
  readonly threads: number;
}

/** What a step of training took and gave. */
export interface LessonAnswer {
  readonly description: string;
  /** Mean cross-entropy; dropout makes it differ a little from one program to the other. */
  readonly loss: number;
}
