import type { Test } from 'tap';
import type { ClassMask, Engine, RgbPicture } from '../../../model/engine.js';
import { runPlain } from '../../../model/engines/plain.js';
import type { Network } from '../../../model/network.js';
import { buildNetwork, networkNames } from '../../../model/networks/index.js';
import type { Weights } from '../../../model/weights.js';
import { agreement, narrow, randomWeights, testPictures } from './random-weights.js';

/** Makes an engine for a network of the test's own with its weights. */
export type CreateEngine = (weights: Weights, network: Network) => Promise<Engine>;

/** Float rounding flips near ties; anything more is a mistake. */
const LEAST_AGREEMENT = 0.999;

async function compare(
  t: Test,
  create: CreateEngine,
  network: Network,
  [width, height]: readonly [number, number],
  only?: readonly string[],
) {
  const weights = randomWeights(network, 7);
  const engine = await create(weights, network);
  t.teardown(() => engine.close());
  const pictures = Object.entries(testPictures(width, height, 3)).filter(([title]) => only?.includes(title) ?? true);
  const masks = await engine.segment(pictures.map(([, picture]) => picture));
  pictures.forEach(([title, picture], i) => {
    const mask = masks[i]!;
    const same = agreement(mask.data, runPlain(network, weights, picture).mask.data);
    t.ok(same >= LEAST_AGREEMENT, `${title}: ${(100 * same).toFixed(3)} % of pixels agree`);
  });
}

/** That an engine gives the masks of the plain implementation: `maskContract(t, 'onnx', create, ['enet'])`. */
export function maskContract(t: Test, name: string, create: CreateEngine, networks: readonly string[]): void {
  for (const networkName of networks) {
    t.test(`${name} gives the masks of the plain implementation for ${networkName} at 47x33, ties included`, (t) =>
      compare(t, create, narrow(buildNetwork(networkName, 11), 8), [47, 33]),
    );
  }
}

/** What every engine must do (model/engine.ts), as tests: `engineContract(t, 'onnx', create)`. */
export function engineContract(
  t: Test,
  name: string,
  create: CreateEngine,
  networks: readonly string[] = networkNames,
): void {
  maskContract(t, name, create, networks);

  t.test(`${name} agrees on segnet-basic in its full width`, (t) =>
    compare(t, create, buildNetwork('segnet-basic', 11), [47, 33], ['noise', 'saturated white']),
  );

  t.test(`${name} agrees at 480x360, where 45 rows pool to 23`, (t) =>
    compare(t, create, narrow(buildNetwork('segnet-basic', 11), 8), [480, 360], ['a smooth scene']),
  );

  const slow =
    process.env.SEGNET_STREAM_SLOW_TESTS === '1' ? false : 'minutes: set SEGNET_STREAM_SLOW_TESTS=1 to run it';
  t.test(`${name} agrees on every network in its full width`, { skip: slow, timeout: 3_600_000 }, async (t) => {
    for (const networkName of networkNames) {
      await t.test(networkName, (t) =>
        compare(t, create, buildNetwork(networkName, 11), [47, 33], ['noise', 'saturated white']),
      );
    }
    await t.test('segnet-basic at 480x360', (t) =>
      compare(t, create, buildNetwork('segnet-basic', 11), [480, 360], ['a smooth scene', 'saturated white']),
    );
  });

  const small = narrow(buildNetwork('segnet-basic', 11), 16);
  const smallWeights = randomWeights(small, 7);
  const createSmall = () => create(smallWeights, small);
  const pictures = Object.values(testPictures(32, 24, 5));
  const [picture] = pictures as [RgbPicture];

  t.test(`${name}, one engine for many calls`, async (t) => {
    const engine = await createSmall();
    t.teardown(() => engine.close());

    await t.test('describes itself', async (t) => {
      const inputSize = { width: 64, height: 48 };
      t.match(engine, { name, network: 'segnet-basic', precision: 'float32', inputSize, provider: /^\w+$/ });
      t.equal(engine.classes.length, 11);
      t.match(engine.description, /\w+ \w+/);
    });

    await t.test('gives the same masks alone, in a batch and in calls at once, and leaves the pixels be', async (t) => {
      const before = pictures.map(({ data }) => data.slice());
      const together = await engine.segment(pictures);
      const order: number[] = [];
      const apart = await Promise.all(
        pictures.map(async (each, i) => {
          const [mask] = await engine.segment([each]);
          order.push(i);
          return mask!;
        }),
      );
      t.strictSame(order, [...pictures.keys()], 'answers come in the order of the calls');
      const values = (masks: readonly ClassMask[]) => masks.map(({ data }) => [...data]);
      t.strictSame(values(apart), values(together));
      t.strictSame(
        pictures.map(({ data }) => data),
        before,
      );
    });

    await t.test('takes pictures of any size, one pixel too, one size after the other', async (t) => {
      const sizes = [1, 1, 2, 3, 17, 9, 64, 48, 1, 40, 1, 1];
      for (let i = 0; i < sizes.length; i += 2) {
        const [width, height] = [sizes[i]!, sizes[i + 1]!];
        const { noise } = testPictures(width, height, 1);
        const [mask] = await engine.segment([noise!]);
        t.strictSame([...mask!.data], [...runPlain(small, smallWeights, noise!).mask.data], `${width}x${height}`);
      }
    });

    await t.test('refuses an empty batch, mixed sizes and data of another length, and goes on', async (t) => {
      const invalid = { code: 'INPUT_INVALID' };
      await t.rejects(engine.segment([]), invalid);
      await t.rejects(engine.segment([picture, { width: 1, height: 1, data: new Uint8Array(3) }]), invalid);
      await t.rejects(engine.segment([{ ...picture, data: picture.data.subarray(1) }]), invalid);
      await t.rejects(engine.segment([{ width: 0, height: 0, data: new Uint8Array(0) }]), invalid);
      await t.rejects(engine.segment([{ width: 1.5, height: 2, data: new Uint8Array(9) }]), invalid);
      t.equal((await engine.segment([picture])).length, 1);
    });

    await t.test('stops on an abort: before, while waiting and while running', async (t) => {
      const reason = new Error('enough');
      await t.rejects(engine.segment([picture], { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const running = engine.segment(pictures, { signal: controller.signal });
      const waiting = engine.segment([picture], { signal: controller.signal });
      const other = engine.segment([picture]);
      controller.abort(reason);
      await t.rejects(running, reason);
      await t.rejects(waiting, reason);
      t.equal((await other).length, 1, 'what was not aborted is answered');
    });
  });

  t.test(`${name} refuses what waits and what comes after close, and closes twice`, async (t) => {
    const engine = await createSmall();
    const pending = [engine.segment([picture]), engine.segment([picture])];
    const closed = Promise.all([engine.close(), engine.close()]);
    for (const each of pending) await t.rejects(each, { code: 'ENGINE_CLOSED' });
    await closed;
    await t.rejects(engine.segment([picture]), { code: 'ENGINE_CLOSED' });
    await engine.close();
  });

  t.test(`${name} refuses weights of another network by name`, async (t) => {
    const tensors = new Map(smallWeights.tensors);
    tensors.delete('conv1.weight');
    await t.rejects(create({ ...smallWeights, tensors }, small), {
      code: 'WEIGHTS_MISMATCH',
      message: /conv1\.weight is missing/,
    });
    const { card } = smallWeights;
    const fewer = { ...smallWeights, card: { ...card, classes: card.classes.slice(1) } };
    await t.rejects(create(fewer, small), {
      code: 'WEIGHTS_MISMATCH',
      message: /segnet-basic with 11 classes, but their card names 10$/,
    });
  });

  t.test(`${name} gives its memory back: engines one after the other`, { timeout: 300_000 }, async (t) => {
    const cycle = async () => {
      const engine = await createSmall();
      await engine.segment(Object.values(testPictures(160, 120, 5)));
      await engine.close();
    };
    for (let i = 0; i < 3; i += 1) await cycle();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 10; i += 1) await cycle();
    const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
    t.ok(grownMiB < 100, `grew by ${grownMiB.toFixed(1)} MiB`);
  });
}
