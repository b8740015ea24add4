import type { Engine } from '../../../model/engine.js';
import { moduleCommand } from '../../module-command.js';
import { type Peer, peerCommand } from '../peers.js';
import { type LineProcess, startLineProcess } from '../process/line-process.js';
import type { LoadQuestion } from './contest-messages.js';

/** Something that computes a network: one of this project's engines, or a peer, in one precision. */
export interface Contestant {
  /** `onnx`, `PyTorch 2.15.0`, ... */
  readonly title: string;
  readonly precision: Engine['precision'];
  readonly isPeer: boolean;
  /** Settings in addition to the workload. */
  readonly load: Pick<LoadQuestion, 'engine' | 'precision'>;
  start(): LineProcess;
}

/** This project's engines in their precisions, then the peers. float32 is first, since the masks of the others are compared with its. */
export function listContestants(
  engines: readonly ('onnx' | 'tensorflow')[],
  precisions: readonly Engine['precision'][],
  peers: readonly Peer[],
): readonly Contestant[] {
  const ordered = (['float32', 'int8'] as const).filter((precision) => precisions.includes(precision));
  const own = engines.flatMap((engine) =>
    ordered
      .filter((precision) => engine === 'onnx' || precision === 'float32')
      .map(
        (precision): Contestant => ({
          title: engine,
          precision,
          isPeer: false,
          load: { engine, precision },
          start: () => startLineProcess(engine, moduleCommand(new URL('./engine-program.js', import.meta.url))),
        }),
      ),
  );
  const others = peers.flatMap(({ name, title, precisions: has }) =>
    ordered
      .filter((precision) => has.includes(precision))
      .map(
        (precision): Contestant => ({
          title,
          precision,
          isPeer: true,
          load: { precision },
          start: () => startLineProcess(title, peerCommand('peer.py', [name])),
        }),
      ),
  );
  return [...own, ...others];
}
