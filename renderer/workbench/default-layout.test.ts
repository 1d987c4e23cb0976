import { describe, expect, it } from 'vitest';
import { defaultSizes } from './default-layout.ts';

describe('sizes of the default layout', () => {
  it.each([
    [1440, 840, 13, { left: 259, right: 346, below: 378 }],
    // Narrow: the sides keep room for their tabs and fields.
    [1100, 640, 13, { left: 241, right: 264, below: 288 }],
    // Wide: what the sides cannot use goes to the editor.
    [3840, 2060, 13, { left: 390, right: 468, below: 780 }],
    // Zoomed in, as text and fields are.
    [1440, 840, 19.5, { left: 361, right: 390, below: 378 }],
  ])('of %i x %i pixels at %d pixels a rem', (width, height, rem, sizes) => {
    expect(defaultSizes(width, height, rem)).toEqual(sizes);
  });
});
