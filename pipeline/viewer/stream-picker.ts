import type { StreamInfo } from '../client/protocol.js';

/** The row of streams to choose from, each with its state. */
export class StreamPicker {
  readonly #box: HTMLElement;
  readonly #onPick: (name: string) => void;
  #streams: readonly StreamInfo[] = [];
  #picked: string | undefined;

  constructor(box: HTMLElement, onPick: (name: string) => void) {
    this.#box = box;
    this.#onPick = onPick;
  }

  /** What the server last said of the stream that is picked. */
  get picked(): StreamInfo | undefined {
    return this.#streams.find((stream) => stream.name === this.#picked);
  }

  /** Takes the server's list; picks the first stream where the one picked is not in it. */
  setStreams(streams: readonly StreamInfo[]): void {
    const same = streams.map((s) => s.name).join('\n') === this.#streams.map((s) => s.name).join('\n');
    this.#streams = streams;
    if (!same) this.#box.replaceChildren(...streams.map((stream) => this.#makeOption(stream)));
    for (const [index, { state, error }] of streams.entries()) {
      const option = this.#box.children[index] as HTMLElement;
      option.dataset.state = state;
      option.title = error ?? state;
      option.querySelector('.state')!.textContent = state === 'live' ? '' : `(${state})`;
    }
    if (!this.picked && streams[0]) this.pick(streams[0].name);
  }

  /** False while the server is not connected: what it last said of its streams is no longer so. */
  setReachable(isReachable: boolean): void {
    this.#box.classList.toggle('unreachable', !isReachable);
  }

  pick(name: string): void {
    this.#picked = name;
    for (const input of this.#box.querySelectorAll('input')) input.checked = input.value === name;
    this.#onPick(name);
  }

  /** @param by 1 for the next, -1 for the one before. */
  step(by: number): void {
    const index = this.#streams.findIndex((stream) => stream.name === this.#picked);
    const next = this.#streams.at((index + by) % this.#streams.length);
    // Where there is one alone, its picture would go, and come back with its next frame.
    if (next && next.name !== this.#picked) this.pick(next.name);
  }

  #makeOption({ name }: StreamInfo): HTMLLabelElement {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'stream';
    input.value = name;
    input.addEventListener('change', () => this.pick(name));
    const dot = document.createElement('span');
    dot.className = 'dot';
    dot.setAttribute('aria-hidden', 'true');
    const state = document.createElement('span');
    state.className = 'state';
    label.append(input, dot, document.createTextNode(name), state);
    return label;
  }
}
