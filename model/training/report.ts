import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharpOf } from '../dataset/scale.js';
import type { ClassLabel, ClassMask, RgbPicture } from '../engine.js';
import { escapeMarkup } from '../escape-markup.js';
import { writeWhole } from '../write-whole.js';
import type { TrainingEvent } from './training-event.js';

/** A validation picture with its ground truth and prediction. */
export interface ReportExample {
  readonly name: string;
  readonly picture: RgbPicture;
  readonly truth: ClassMask;
  readonly prediction: ClassMask;
}

/**
 * Writes `report.html` beside a training's log: curves of loss and scores, the classes, and pictures beside their ground truth.
 * It is one self-contained file that a browser opens from disk.
 */
export async function writeTrainingReport(
  directory: string,
  title: string,
  classes: readonly ClassLabel[],
  examples: readonly ReportExample[],
): Promise<void> {
  const lines = (await readFile(join(directory, 'log.jsonl'), 'utf8')).trim().split('\n');
  // If training was killed, the last line may be cut off.
  const events = lines.flatMap((line): TrainingEvent[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const pictures = await Promise.all(examples.map((example) => exampleRow(example, classes)));
  const html = page(title, [
    section(
      'Loss',
      chart([{ label: 'training loss (mean of an epoch)', points: lossPoints(events), colour: '#1f6feb' }]),
    ),
    section('Validation', chart(scoreSeries(events), 100)),
    section('Classes', classTable(events, classes)),
    section('Validation pictures: picture, truth, prediction', pictures.join('\n')),
  ]);
  await writeWhole(join(directory, 'report.html'), 'the report of training', [html]);
}

interface Series {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
}

function lossPoints(events: readonly TrainingEvent[]): Series['points'] {
  const epochs = lastByEpoch(events.filter((event) => event.kind === 'epoch'));
  return epochs.map(({ epoch, loss }) => [epoch + 1, loss] as const);
}

/** The last event of each epoch: a training that was killed and resumed has the epoch that was cut off twice in its log. */
function lastByEpoch<Event extends { readonly epoch: number }>(events: readonly Event[]): readonly Event[] {
  return [...new Map(events.map((event) => [event.epoch, event])).values()];
}

function scoreSeries(events: readonly TrainingEvent[]): Series[] {
  const validations = lastByEpoch(events.filter((event) => event.kind === 'validation'));
  return (
    [
      ['G', '#1f6feb'],
      ['C', '#bf8700'],
      ['mIoU', '#1a7f37'],
    ] as const
  ).map(([score, colour]) => {
    const points = validations.map(({ epoch, scores }) => [epoch + 1, scores[score]] as const);
    return { label: `${score}, per cent`, colour, points };
  });
}

/** An SVG of lines over epochs; the vertical axis begins at 0. */
function chart(series: readonly Series[], top?: number): string {
  const [width, height, left, bottom] = [720, 240, 44, 24];
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) return '<p>Nothing yet.</p>';
  const lastEpoch = Math.max(...points.map(([epoch]) => epoch));
  const largest = top ?? Math.max(...points.map(([, value]) => value)) * 1.05;
  const x = (epoch: number) => left + ((width - left - 8) * (epoch - 1)) / Math.max(1, lastEpoch - 1);
  const y = (value: number) => 8 + (height - bottom - 8) * (1 - value / largest);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * largest;
    return `<line x1="${left}" x2="${width - 8}" y1="${y(value)}" y2="${y(value)}" class="grid"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value.toPrecision(3)}</text>`;
  });
  const lines = series.map(({ colour, points: own }) => {
    const path = own.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const dots = own.map(
      ([epoch, value]) =>
        `<circle cx="${x(epoch)}" cy="${y(value)}" r="2.5" fill="${colour}"><title>epoch ${epoch}: ${value.toFixed(3)}</title></circle>`,
    );
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
  });
  const axis = `<text x="${left}" y="${height - 6}">epoch 1</text>${lastEpoch === 1 ? '' : `<text x="${width - 8}" y="${height - 6}" text-anchor="end">epoch ${lastEpoch}</text>`}`;
  const legend = series.map(
    ({ label, colour }) => `<span><i style="background:${colour}"></i>${escapeMarkup(label)}</span>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(series.map(({ label }) => label).join(', '))}">${grid.join('')}${lines.join('')}${axis}</svg><p class="legend">${legend.join(' ')}</p>`;
}

function classTable(events: readonly TrainingEvent[], classes: readonly ClassLabel[]): string {
  const last = events.findLast((event) => event.kind === 'validation');
  if (last === undefined) return '<p>Nothing yet.</p>';
  const cell = (value: number | null) =>
    `<td>${value === null || Number.isNaN(value) ? 'absent' : value.toFixed(1)}</td>`;
  const rows = classes.map(({ name, colour }, index) => {
    const { recall, IoU } = last.scores.perClass[index]!;
    return `<tr><th><i style="background:rgb(${colour.join()})"></i>${escapeMarkup(name)}</th>${cell(IoU)}${cell(recall)}</tr>`;
  });
  return `<table><tr><th>class (epoch ${last.epoch + 1})</th><th>IoU</th><th>recall</th></tr>${rows.join('')}</table>`;
}

async function exampleRow(
  { name, picture, truth, prediction }: ReportExample,
  classes: readonly ClassLabel[],
): Promise<string> {
  const images = await Promise.all([
    dataUrl(picture, 'jpeg'),
    dataUrl(painted(truth, classes), 'png'),
    dataUrl(painted(prediction, classes), 'png'),
  ]);
  const [seen, right, made] = images.map(
    (source, i) => `<img src="${source}" alt="${escapeMarkup(name)}: ${['picture', 'truth', 'prediction'][i]}">`,
  );
  return `<figure>${seen}${right}${made}<figcaption>${escapeMarkup(name)}</figcaption></figure>`;
}

function painted({ width, height, data }: ClassMask, classes: readonly ClassLabel[]): RgbPicture {
  const rgb = new Uint8Array(data.length * 3);
  data.forEach((index, i) => {
    rgb.set(classes[index]?.colour ?? [0, 0, 0], i * 3);
  });
  return { width, height, data: rgb };
}

async function dataUrl(picture: RgbPicture, format: 'jpeg' | 'png'): Promise<string> {
  const encoded = await sharpOf(picture).toFormat(format).toBuffer();
  return `data:image/${format};base64,${encoded.toString('base64')}`;
}

const section = (heading: string, body: string) => `<section><h2>${heading}</h2>${body}</section>`;

function page(title: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; font-size: 11px; fill: currentColor }
.grid { stroke: currentColor; opacity: .15 }
i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border: 1px solid #8888 }
.legend span { margin-right: 1.5em }
td, th { text-align: left; padding: .1rem 1.5rem .1rem 0; font-weight: normal }
td { font-variant-numeric: tabular-nums }
figure { margin: 0 0 1rem } figure img { width: 33% } figcaption { opacity: .7 }
</style>
<h1>${escapeMarkup(title)}</h1>
${sections.join('\n')}
</html>
`;
}
