import { expect, it } from 'vitest';
import { announce, createAnnouncer } from './announcer.ts';

it('sentences said at once are all there, the last one in front, and the oldest go in the end', () => {
  const announcer = createAnnouncer();
  announce(announcer, 'the layout is damaged', 'error');
  announce(announcer, 'a draft is damaged', 'error');
  announce(announcer, 'open');
  const { last, said } = announcer.getState();
  expect(last?.text).toBe('open');
  expect(said.map(({ text, level }) => [text, level])).toEqual([
    ['the layout is damaged', 'error'],
    ['a draft is damaged', 'error'],
    ['open', 'info'],
  ]);
  for (let n = 0; n < 1000; n++) announce(announcer, `${n}`);
  expect(announcer.getState().said.length).toBeLessThanOrEqual(200);
  expect(announcer.getState().said.at(-1)?.text).toBe('999');
});
