import { describe, expect, it } from 'vitest';
import { afterTimelineKey, within, zoomed } from './view-window.ts';

const all = { from: 0, to: 1000 };

describe('the window of the timeline', () => {
  it('never leaves what there is, and keeps its width at the ends', () => {
    expect(within({ from: -50, to: 50 }, all)).toEqual({ from: 0, to: 100 });
    expect(within({ from: 950, to: 1050 }, all)).toEqual({ from: 900, to: 1000 });
    expect(within({ from: -1, to: 5000 }, all)).toEqual(all);
  });

  it('zooms around the pointer and not below 20 cycles', () => {
    expect(zoomed(all, 0.5, 500, all)).toEqual({ from: 250, to: 750 });
    expect(zoomed(all, 0.5, 0, all)).toEqual({ from: 0, to: 500 });
    expect(zoomed({ from: 100, to: 120 }, 0.1, 110, all)).toEqual({ from: 100, to: 120 });
  });

  it('is moved by keys', () => {
    const view = { from: 400, to: 500 };
    expect(afterTimelineKey(view, 'ArrowRight', all)).toEqual({ from: 420, to: 520 });
    expect(afterTimelineKey(view, 'Home', all)).toEqual({ from: 0, to: 100 });
    expect(afterTimelineKey(view, 'End', all)).toEqual({ from: 900, to: 1000 });
    expect(afterTimelineKey(view, '0', all)).toEqual(all);
    expect(afterTimelineKey(view, 'x', all)).toBeNull();
  });
});
