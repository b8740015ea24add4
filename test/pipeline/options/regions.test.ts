import t from 'tap';
import { parseRegions, parseSourceRegions } from '../../../pipeline/options/regions.js';

const BONNET = [
  [0, 0.9],
  [1, 0.9],
  [0.5, 1],
];
const CLOCK = [
  [0, 0],
  [0.25, 0],
  [0.25, 0.1],
  [0, 0.1],
];
const [bonnet, clock] = ['0,0.9 1,.9 0.5,1', ' 0,0  .25,0 .25,0.1\n0,0.1'];

t.test('regions are corners x,y, apart by semicolons, or lists of corners', async (t) => {
  t.same(parseRegions('--exclude', bonnet), [BONNET]);
  t.same(parseRegions('--exclude', `${bonnet}; ${clock};`), [BONNET, CLOCK]);
  t.same(parseRegions('exclude', [BONNET, CLOCK]), [BONNET, CLOCK]);
});

t.test('what is no region is refused as it was written', async (t) => {
  for (const value of ['', ';', '0,0 1,1', '0,0 1,0 1', '0,0 1,0 1,2', '0,0 1,0 ,1', '0,0 1,0 a,b', '0,0 1,0 1,1,1']) {
    t.throws(() => parseRegions('--exclude', value), {
      code: 'OPTION_INVALID',
      message: `Expected --exclude to be regions like "0,0.9 1,0.9 1,1 0,1": three or more corners x,y from 0 to 1, regions separated by ;, got \`${value}\``,
    });
  }
  for (const value of [5, null, [BONNET.slice(1)]]) {
    t.throws(() => parseRegions('exclude', value), { code: 'OPTION_INVALID', message: /^Expected exclude to be/ });
  }
});

t.test('regions of sources: by name, or without one for all', async (t) => {
  const sources = ['front', 'rear left'];
  const parsed = (value: unknown) => Object.fromEntries(parseSourceRegions('--exclude', value, sources));
  t.same(parsed(`front=${bonnet}`), { front: [BONNET] });
  t.same(parsed(`front = ${bonnet}; rear left=${clock}`), { front: [BONNET], 'rear left': [CLOCK] });
  t.same(parsed([`front=${bonnet}`, `front=${clock}`]), { front: [BONNET, CLOCK] });
  t.same(parsed(clock), { front: [CLOCK], 'rear left': [CLOCK] });
  t.same(parsed({ front: `${bonnet}; ${clock}`, 'rear left': [CLOCK] }), {
    front: [BONNET, CLOCK],
    'rear left': [CLOCK],
  });
});

t.test('a region of a source that is not there, and what is no region, are refused', async (t) => {
  const parse = (value: unknown) => () => parseSourceRegions('exclude', value, ['front', 'rear']);
  t.throws(parse(`frnt=${bonnet}`), {
    code: 'OPTION_INVALID',
    message: 'exclude has a region of frnt, which is no source (Did you mean front?)',
  });
  t.throws(parse({ side: bonnet }), {
    message: 'exclude has a region of side, which is no source; there are front, rear',
  });
  t.throws(parse(`=${bonnet}`), { message: /^exclude has a region of , which is no source/ });
  t.throws(parse(`front=${bonnet}; ${clock}`), { message: /^Expected exclude to be regions that all have the name/ });
  for (const value of ['', 'front=', { front: '' }, { front: 5 }, { front: null }, 5, [], null]) {
    t.throws(parse(value), { code: 'OPTION_INVALID', message: /^Expected exclude to be regions/ });
  }
});
