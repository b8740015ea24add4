import t from 'tap';
import { checkChoice, checkNumber, listChoices } from '../../model/check-option.js';

t.test('a number outside its range is refused by name, with what was expected and what was got', async (t) => {
  const refused = (value: unknown, range: Parameters<typeof checkNumber>[2]) => {
    try {
      checkNumber('--opacity', value, range);
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.equal(refused('x', { min: 0, max: 1 }), 'Expected --opacity to be a number from 0 to 1, got `x`');
  t.equal(refused(1.01, { min: 0, max: 1 }), 'Expected --opacity to be a number from 0 to 1, got `1.01`');
  t.equal(refused(Number.NaN, { min: 0, max: 1 }), 'Expected --opacity to be a number from 0 to 1, got `NaN`');
  t.equal(refused(1.5, { min: 1, integer: true }), 'Expected --opacity to be a whole number of at least 1, got `1.5`');
  t.equal(refused(7, { max: 6 }), 'Expected --opacity to be a number of at most 6, got `7`');
  t.equal(refused(undefined, {}), 'Expected --opacity to be a number, got `undefined`');
  t.equal(refused(0, { min: 0, max: 1 }), 'taken');
});

t.test('a choice that does not exist is refused with those that do', async (t) => {
  t.throws(() => checkChoice('--visualize', 'masks', ['overlay', 'mask', 'none']), {
    code: 'OPTION_INVALID',
    message: 'Expected --visualize to be overlay, mask or none, got `masks` (Did you mean mask?)',
  });
  t.equal(checkChoice('--visualize', 'mask', ['overlay', 'mask']), 'mask');
  t.equal(listChoices(['one']), 'one');
  t.equal(listChoices(['one', 'two']), 'one or two');
});
