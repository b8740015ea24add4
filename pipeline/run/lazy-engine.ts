import type { ClassLabel, Engine } from '../../model/engine.js';
import type { WeightsCard } from '../../model/weights.js';

/**
 * An engine that is made when it is needed, while decoding begins already: what is to be segmented waits for it. What
 * only the engine knows (`name`, `provider`, `precision`, `instances`, `description`) is that of the engine once it is there.
 */
export interface LazyEngine extends Engine {
  /** Begins to make it, unless that has begun. */
  start(): void;
  /** Begins to make it, unless that has begun, and resolves once it is there. */
  ready(): Promise<void>;
  /** Why it could not be made; undefined as long as that is not known. */
  readonly failure: unknown;
}

/**
 * Stands for the engine that `make` makes.
 *
 * @param classes The card's classes, perhaps in other colours.
 * @param onMade Hears of the engine once it is there.
 */
export function createLazyEngine(
  make: () => Promise<Engine>,
  card: WeightsCard,
  classes: readonly ClassLabel[],
  onMade: (engine: Engine) => void,
): LazyEngine {
  let making: Promise<Engine> | undefined;
  let made: Engine | undefined;
  let failure: unknown;

  function start(): Promise<Engine> {
    if (making === undefined) {
      making = make().then((engine) => {
        made = engine;
        onMade(engine);
        return engine;
      });
      making.catch((error: unknown) => {
        failure = error;
      });
    }
    return making;
  }

  return {
    start: () => void start(),
    ready: async () => void (await start()),
    get failure() {
      return failure;
    },
    get name() {
      return made?.name ?? 'pending';
    },
    get provider() {
      return made?.provider ?? 'pending';
    },
    get precision() {
      return made?.precision ?? 'float32';
    },
    get description() {
      return made?.description ?? 'pending';
    },
    get instances() {
      return made?.instances ?? 1;
    },
    network: card.network,
    classes,
    inputSize: card.inputSize,
    segment: async (batch, options) => (await start()).segment(batch, options),
    async close() {
      await making?.catch(() => {});
      await made?.close();
    },
  };
}
