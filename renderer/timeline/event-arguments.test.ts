import { describe, expect, it } from 'vitest';
import { argumentsOn, EventArguments, PAGE } from './event-arguments.ts';

const TOTAL = 100 * PAGE + 10;

/** A lab whose event n has the arguments n, n + 1, n + 2, n + 3, and answers when it is told to. */
function lab(total = TOTAL) {
  const asked: number[] = [];
  const problems: string[] = [];
  const waiting: { answer: () => void; fail: (error: Error) => void }[] = [];
  const args = new EventArguments(
    total,
    (from, count) => {
      asked.push(from / PAGE);
      const there = Math.min(count, TOTAL - from);
      const cells = Int32Array.from({ length: there * 4 }, (_, n) => from + Math.floor(n / 4) + (n % 4));
      const reply = { from, count: there, args: Buffer.from(cells.buffer).toString('base64') };
      return new Promise((resolve, reject) => waiting.push({ answer: () => resolve(reply), fail: reject }));
    },
    (sentence) => problems.push(sentence),
  );
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const answer = async (): Promise<void> => {
    waiting.shift()!.answer();
    await settle();
  };
  const answerAll = async (): Promise<void> => {
    while (waiting.length > 0) await answer();
  };
  const fail = async (why: string): Promise<void> => {
    waiting.shift()!.fail(new Error(why));
    await settle();
  };
  return { args, asked, problems, answer, answerAll, fail };
}
const seen = (args: EventArguments, event: number): number[] | null => {
  const page = args.pageWith(event);
  return page === null ? null : argumentsOn(page, event);
};

describe('arguments of events', () => {
  it('are read for what is looked at, the selected event first, and told', async () => {
    const { args, asked, answer } = lab();
    let told = 0;
    const stop = args.listen(() => told++);
    args.want(2 * PAGE - 1, 2 * PAGE + 1, 50 * PAGE + 3);
    expect(seen(args, 50 * PAGE + 3)).toBeNull();
    await answer();
    await answer();
    await answer();
    expect(asked).toEqual([50, 1, 2]);
    expect([told, args.version]).toEqual([3, 3]);
    for (const event of [2 * PAGE - 1, 2 * PAGE, 50 * PAGE + 3])
      expect(seen(args, event)).toEqual([event, event + 1, event + 2, event + 3]);
    expect(seen(args, 3 * PAGE)).toBeNull();
    stop();
  });

  it('end with the last event', async () => {
    const { args, answerAll, asked } = lab();
    args.want(TOTAL - 5, TOTAL, TOTAL - 1);
    await answerAll();
    expect(asked).toEqual([100]);
    expect(seen(args, TOTAL - 1)).toEqual([TOTAL - 1, TOTAL, TOTAL + 1, TOTAL + 2]);
    expect(seen(args, TOTAL)).toBeNull();
  });

  it('are not asked for where somebody only scrolled past', async () => {
    const { args, asked, answer, answerAll } = lab();
    for (let page = 0; page < 90; page++) args.want(page * PAGE, page * PAGE + 1, page * PAGE);
    await answer();
    await answerAll();
    expect(asked).toEqual([0, 89]);
  });

  it('are the same object while they are kept, and forgotten longest-unseen first', async () => {
    const { args, answerAll, asked } = lab();
    args.want(0, 1, 0);
    await answerAll();
    const first = args.pageWith(0);
    for (let page = 1; page < 90; page++) {
      // Page 0 stays selected.
      args.want(page * PAGE, page * PAGE + 1, 0);
      await answerAll();
    }
    expect(args.pageWith(5)).toBe(first);
    expect([args.pageWith(PAGE), args.pageWith(20 * PAGE)]).toEqual([null, null]);
    expect(args.pageWith(30 * PAGE)).not.toBeNull();
    args.want(PAGE, PAGE + 1, 0);
    await answerAll();
    expect(asked.filter((page) => page === 1)).toHaveLength(2);
  });

  it('that cannot be read are said, and asked for again at the next look', async () => {
    const { args, asked, problems, fail, answer } = lab();
    args.want(0, 1, 0);
    await fail('the events of this run are not kept any more');
    expect([problems, asked]).toEqual([['the events of this run are not kept any more'], [0]]);
    args.want(0, 2, 0);
    await answer();
    expect(seen(args, 1)).toEqual([1, 2, 3, 4]);
  });

  it('of fewer events than there are to be are refused', async () => {
    const { args, problems, answer } = lab(TOTAL + 5);
    args.want(TOTAL, TOTAL + 1, TOTAL);
    await answer();
    expect(problems).toEqual(['the events ended early']);
    expect(args.pageWith(TOTAL)).toBeNull();
  });
});
