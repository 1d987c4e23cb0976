import { describe, expect, it } from 'vitest';
import { isOffered, offer, takeOffer } from './offers.ts';

describe('what panes offer to commands', () => {
  it('is done while it is offered, and not after', () => {
    let done = 0;
    const undo = offer('inspect.nextStep', () => done++);
    takeOffer('inspect.nextStep');
    takeOffer('inspect.previousStep');
    expect([done, isOffered('inspect.nextStep'), isOffered('inspect.previousStep')]).toEqual([1, true, false]);
    undo();
    takeOffer('inspect.nextStep');
    expect([done, isOffered('inspect.nextStep')]).toEqual([1, false]);
  });

  it('is the newest; taking back an older one changes nothing', () => {
    const said: string[] = [];
    const older = offer('timeline.all', () => said.push('older'));
    const newer = offer('timeline.all', () => said.push('newer'));
    older();
    takeOffer('timeline.all');
    newer();
    expect([said, isOffered('timeline.all')]).toEqual([['newer'], false]);
  });
});
