import { BehaviorSubject } from 'rxjs';
import { countShares } from '../../operators/class-shares.js';
import { connect } from '../client/connect.js';
import type { LiveEvent, LiveFrame, Want } from '../client/live-event.js';
import { type ClassInfo, CloseCode, type StreamStats } from '../client/protocol.js';
import { FrameQueue } from './frame-queue.js';
import { bindKeys } from './key-bindings.js';
import { LatencyChart } from './latency-chart.js';
import { LatencyMeter } from './latency-meter.js';
import { Legend } from './legend.js';
import { Painter, type Picture } from './painter.js';
import { type Colour, PALETTES } from './palettes.js';
import { signIn } from './sign-in.js';
import { describeStatus } from './status.js';
import { StreamPicker } from './stream-picker.js';

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const stage = element('stage');
const canvas = element<HTMLCanvasElement>('canvas');
const painter = new Painter(canvas);
const meter = new LatencyMeter();
const chart = new LatencyChart(element('chart'));
const wants = new BehaviorSubject<readonly Want[]>([]);

let classes: readonly ClassInfo[] = [];
let colours: readonly Colour[] = [];
/** The server's clock, ms; undefined where that is not known. */
let serverNow: () => number | undefined = () => undefined;
let offline: { reason: string; retryAt: number | undefined } | undefined;
let newest: LiveFrame | undefined;
let paused = false;

const queue = new FrameQueue({ isWanted: ({ stream }) => stream === picker.picked?.name && !paused, draw });
const legend = new Legend(element('legend'), element('show-all'), paint);
const picker = new StreamPicker(element('streams'), () => {
  newest = undefined;
  queue.clear();
  // Another camera's picture and figures under this one's name would be believed.
  painter.clear();
  legend.setShares([]);
  element<HTMLButtonElement>('snapshot').disabled = true;
  meter.clear();
  chart.clear();
  clearServerFigures();
  subscribe();
});

/** Asks for what is looked at: nothing in a hidden tab or while paused. */
function subscribe(): void {
  const stream = picker.picked?.name;
  const looking = stream !== undefined && !document.hidden && !paused;
  const detail = element<HTMLSelectElement>('detail').value as 'picture' | 'source';
  wants.next(looking ? [{ stream, parts: [detail, 'mask', 'stats'] }] : []);
  // Nobody tells what they are now.
  if (!looking) clearServerFigures();
}

function hear(event: LiveEvent): void {
  switch (event.type) {
    case 'open':
      offline = undefined;
      picker.setReachable(true);
      break;
    case 'closed':
      offline = {
        reason: describeClose(event),
        retryAt: event.retryAt,
      };
      picker.setReachable(false);
      clearServerFigures();
      break;
    case 'hello':
      classes = event.classes;
      serverNow = event.serverNow;
      element('model').textContent = `${event.model.network} · ${event.model.provider} · ${event.model.precision}`;
      legend.setClasses(classes);
      picker.setStreams(event.streams);
      break;
    case 'streams':
      picker.setStreams(event.streams);
      break;
    case 'frame':
      void queue.add(event);
      return;
    case 'stats':
      if (event.stream === picker.picked?.name) showServerFigures(event);
      break;
  }
  showStatus();
}

/** Where what was shown is over, and nothing is tried again, the server's own words say so. */
function describeClose({ code, reason, retryAt }: Extract<LiveEvent, { type: 'closed' }>): string {
  if (code === CloseCode.shutdown && retryAt !== undefined) return 'The server was shut down';
  return reason || 'The connection is lost';
}

function draw(frame: LiveFrame, picture: Picture): void {
  painter.show(picture);
  newest = frame;
  meter.drawn(performance.now(), frame.ageMs(), frame.skipped);
  canvas.dataset.seq = String(frame.seq);
  canvas.dataset.epoch = String(frame.epoch);
  element<HTMLButtonElement>('snapshot').disabled = false;
}

function paint(): void {
  colours = PALETTES[element<HTMLSelectElement>('palette').value]!(classes);
  legend.setColours(colours);
  painter.setColours(colours, legend.visible);
}

function showStatus(): void {
  const now = Date.now();
  const status = describeStatus({
    now,
    serverNow: serverNow() ?? now,
    offline,
    stream: picker.picked,
    ageMs: newest?.ageMs(),
    paused,
  });
  stage.dataset.status = status.kind;
  element('badge-word').textContent = status.word;
  element('badge-age').textContent = status.age;
  const notice = element('notice');
  notice.hidden = status.notice === undefined;
  if (notice.textContent !== (status.notice ?? '')) notice.textContent = status.notice ?? '';
  const said = element('said');
  if (said.textContent !== status.said) said.textContent = status.said;
}

function showFigures(): void {
  const { fps, ageMs } = meter.read(performance.now(), 5000);
  for (const name of ['p50', 'p95', 'p99'] as const)
    element(name).textContent = ageMs ? `${Math.round(ageMs[name])} ms` : '–';
  element('drawn-fps').textContent = `${fps.toFixed(1)} fps`;
  element('skipped').textContent = String(meter.skipped);
  chart.add(meter.read(performance.now(), 1000).ageMs);
  if (newest?.mask) legend.setShares(countShares(newest.mask, classes.length));
}

function showServerFigures(stats: Omit<StreamStats, 'stream'>): void {
  element('segmented-fps').textContent = `${stats.fps.segmented.toFixed(1)} fps`;
  element('decoded-fps').textContent = `${stats.fps.decoded.toFixed(1)} fps`;
  const dropped = element('dropped');
  dropped.textContent = String(Object.values(stats.dropped).reduce((sum, count) => sum + count, 0));
  dropped.title = Object.entries(stats.dropped)
    .map(([cause, count]) => `${cause}: ${count}`)
    .join(', ');
  const advice = element('advice');
  advice.hidden = stats.advice === undefined;
  if (advice.textContent !== (stats.advice ?? '')) advice.textContent = stats.advice ?? '';
}

function clearServerFigures(): void {
  for (const id of ['segmented-fps', 'decoded-fps', 'dropped']) element(id).textContent = '–';
  element('dropped').title = '';
  element('advice').hidden = true;
}

function setPaused(value: boolean): void {
  paused = value;
  const button = element<HTMLButtonElement>('pause');
  button.setAttribute('aria-pressed', String(value));
  button.textContent = value ? 'Go on' : 'Pause';
  subscribe();
  showStatus();
}

function setOpacity(percent: number): void {
  const input = element<HTMLInputElement>('opacity');
  input.value = String(percent);
  element('opacity-value').textContent = `${input.value} %`;
  painter.setOpacity(Number(input.value) / 100);
}

async function saveSnapshot(): Promise<void> {
  const blob = newest && (await painter.snapshot());
  if (!blob || !newest) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${newest.stream}-${new Date(newest.capturedAt).toISOString().replaceAll(':', '-')}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void stage.requestFullscreen();
}

function toggleTheme(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  setTheme(dark ? 'light' : 'dark');
}

function setTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem('theme', theme);
  chart.restyle();
}

/** Names the class under the cursor, and marks it in the legend. */
function point(event: PointerEvent): void {
  const box = canvas.getBoundingClientRect();
  // The picture is fitted into its box: bars beside or above it belong to no class.
  const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
  const x = (event.clientX - box.left - (box.width - canvas.width * scale) / 2) / (canvas.width * scale);
  const y = (event.clientY - box.top - (box.height - canvas.height * scale) / 2) / (canvas.height * scale);
  const index = painter.classAt(x, y);
  const label = index === undefined ? undefined : classes[index];
  const tip = element('tip');
  tip.hidden = label === undefined;
  legend.mark(index);
  if (!label) return;
  element('tip-name').textContent = label.name;
  element('tip-swatch').style.background = `rgb(${colours[index!]?.join(' ') ?? label.colour.join(' ')})`;
  const around = stage.getBoundingClientRect();
  const left = Math.min(event.clientX - around.left + 14, around.width - tip.offsetWidth - 8);
  tip.style.transform = `translate(${left}px, ${Math.max(event.clientY - around.top - 34, 4)}px)`;
}

function bindControls(): void {
  const palette = element<HTMLSelectElement>('palette');
  palette.append(...Object.keys(PALETTES).map((name) => new Option(name)));
  palette.addEventListener('change', paint);
  const detail = element<HTMLSelectElement>('detail');
  detail.value = localStorage.getItem('detail') === 'source' ? 'source' : 'picture';
  detail.addEventListener('change', () => {
    localStorage.setItem('detail', detail.value);
    subscribe();
  });
  element('pause').addEventListener('click', () => setPaused(!paused));
  element('snapshot').addEventListener('click', () => void saveSnapshot());
  element('fullscreen').addEventListener('click', toggleFullscreen);
  element('theme').addEventListener('click', toggleTheme);
  const opacity = element<HTMLInputElement>('opacity');
  opacity.addEventListener('input', () => setOpacity(Number(opacity.value)));
  const help = element<HTMLDialogElement>('help');
  element('help-open').addEventListener('click', () => help.showModal());
  canvas.addEventListener('pointermove', point);
  canvas.addEventListener('pointerleave', () => {
    element('tip').hidden = true;
    legend.mark(undefined);
  });
  document.addEventListener('visibilitychange', subscribe);
  bindKeys({
    pause: () => setPaused(!paused),
    snapshot: () => void saveSnapshot(),
    fullscreen: toggleFullscreen,
    changeOpacity: (by) => setOpacity(Math.min(Math.max(Number(opacity.value) + by, 0), 100)),
    toggleClass: (index) => legend.toggle(index),
    soloClass: (index) => legend.solo(index),
    showAll: () => legend.showAll(),
    stepStream: (by) => picker.step(by),
    theme: toggleTheme,
    help: () => help.showModal(),
  });
}

/** Watches until the session ends, and signs in again then. */
async function watch(): Promise<void> {
  try {
    await signIn(element<HTMLDialogElement>('login'), () => {
      offline = { reason: 'The server asks for a token', retryAt: undefined };
    });
  } catch {
    offline = { reason: 'The server does not answer', retryAt: Date.now() + 3000 };
    setTimeout(() => void watch(), 3000);
    return;
  }
  connect(location.origin, { want: wants, acknowledge: 'manual' }).subscribe({
    next: hear,
    // Refused: a token is asked for at once; another setting of the server takes a while.
    error: ({ code }) => setTimeout(() => void watch(), code === CloseCode.unauthorised ? 500 : 5000),
  });
}

const theme = localStorage.getItem('theme');
if (theme) setTheme(theme);
bindControls();
setOpacity(Number(element<HTMLInputElement>('opacity').value));
setInterval(showStatus, 200);
setInterval(showFigures, 1000);
void watch();
