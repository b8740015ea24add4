import t from 'tap';
import {
  camvid11,
  camvid12,
  cityscapes19,
  cityscapes19LabelIds,
  classSetByName,
  classSets,
  labelTable,
  pascalVoc21,
  sunRgbd37,
  unknownLabel,
} from '../../model/classes.js';

t.test('every set has as many classes as its name says, with names and colours of their own', async (t) => {
  for (const { name, classes, voidIndex } of classSets) {
    t.equal(classes.length, Number(/\d+/.exec(name)![0]), name);
    t.equal(new Set(classes.map((label) => label.name)).size, classes.length);
    t.equal(new Set(classes.map((label) => label.colour.join())).size, classes.length);
    t.ok(classes.every(({ colour }) => colour.length === 3 && colour.every((value) => value >= 0 && value <= 255)));
    t.ok(voidIndex === null || voidIndex >= classes.length);
  }
});

t.test('colours are the published ones', async (t) => {
  t.same(camvid11.classes[4], { name: 'side-walk', colour: [60, 40, 222] });
  t.same(pascalVoc21.classes[0]!.colour, [0, 0, 0]);
  t.same(pascalVoc21.classes[15], { name: 'person', colour: [192, 128, 128] });
  t.same(pascalVoc21.classes[20]!.colour, [0, 64, 128]);
  t.same(cityscapes19.classes[13], { name: 'car', colour: [0, 0, 142] });
});

t.test('a label table tells classes, void and values that must not be', async (t) => {
  const camvid = labelTable(camvid11);
  t.same([camvid[0], camvid[10], camvid[11], camvid[12], camvid[255]], [0, 10, 11, unknownLabel, unknownLabel]);
  t.equal(labelTable(camvid12)[11], 11);
  t.equal(camvid12.classes[11]!.name, 'void');
  const sun = labelTable(sunRgbd37);
  t.same([sun[0], sun[1], sun[37], sun[38]], [255, 0, 36, unknownLabel]);
  const ids = labelTable(cityscapes19LabelIds);
  t.same([ids[7], ids[33], ids[0], ids[29], ids[34]], [0, 18, 255, 255, unknownLabel]);
});

t.test('a set is found by its name, and an unknown name is answered with the known ones', async (t) => {
  t.equal(classSetByName('camvid-11'), camvid11);
  t.throws(() => classSetByName('camvid'), { code: 'CLASSES_UNKNOWN', message: /camvid-11, camvid-12.*got 'camvid'/ });
});
