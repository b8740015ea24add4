import { existsSync } from 'node:fs';
import t from 'tap';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { maskContract } from './engine-contract.js';

/** Chromium brings SwiftShader, Vulkan in software; Mesa's of Debian 12 lacks what ONNX Runtime asks of a driver. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const asked = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
const skip =
  asked === undefined &&
  !existsSync(SWIFTSHADER) &&
  'no Vulkan in software here: apt-get install chromium; to try a GPU, set VK_DRIVER_FILES to its driver (/usr/share/vulkan/icd.d)';

t.test('the onnx engine on WebGPU', { skip, timeout: 600_000 }, async (t) => {
  // Before Debian 13 the loader knows the second name only.
  process.env.VK_DRIVER_FILES = asked ?? SWIFTSHADER;
  process.env.VK_ICD_FILENAMES = asked ?? SWIFTSHADER;
  // Unpooling by indices and by planes, PReLU, transposed convolutions: what differs from the processor's graph.
  maskContract(
    t,
    'WebGPU',
    async (weights, network) => {
      const engine = await createOnnxEngine({ weights, network, provider: 'webgpu' });
      t.equal(engine.provider, 'webgpu');
      return engine;
    },
    ['segnet-basic', 'segnet-basic-single-channel-decoder', 'segnet-lite', 'enet'],
  );
});
