import type { ClassLabel, Engine } from '../../model/engine.js';
import type { WeightsCard } from '../../model/weights.js';

/**
 * An engine that is created on demand, while decoding has already begun; frames wait for it. `name`, `provider`, `precision`,
 * `instances` and `description` are those of the real engine once it exists.
 */
export interface LazyEngine extends Engine {
  /** Starts creating it, unless that has begun. */
  start(): void;
  /** Starts creating it, unless that has begun, and resolves once it exists. */
  ready(): Promise<void>;
  /** Why it could not be created; undefined until that is known. */
  readonly failure: unknown;
}

/**
 * Creates a stand-in for the engine that `make` creates.
 *
 * @param classes The card's classes, perhaps in other colours.
 * @param onMade Called with the engine once it exists.
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
