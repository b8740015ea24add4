import t from 'tap';
import { encodeModel } from '../../../model/onnx/proto.js';

t.test(
  'an integer attribute that is 0 is written out: readers take their own default for one that is missing',
  async (t) => {
    const bytes = encodeModel({
      name: 'test',
      nodes: [
        {
          opType: 'ArgMax',
          domain: '',
          inputs: ['x'],
          outputs: ['y'],
          attributes: { keepdims: 0, slope: { float: 0 } },
        },
      ],
      initialisers: [],
      inputs: [],
      outputs: [],
      opsets: { '': 18 },
      metadata: {},
    });
    const text = Buffer.from(bytes).toString('latin1');
    // After the name (field 1): field 3, a varint, 0; field 20, a varint, 2 for INT.
    t.ok(text.includes('keepdims\x18\x00\xa0\x01\x02'), 'keepdims=0');
    // Field 2, 32 bits, 0; field 20, 1 for FLOAT.
    t.ok(text.includes('slope\x15\x00\x00\x00\x00\xa0\x01\x01'), 'slope=0.0');
  },
);
