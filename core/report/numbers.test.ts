import { describe, expect, it } from 'vitest';
import { counted, figure, integer, percent, range } from './numbers.ts';

describe('numbers as text', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567_890, '1,234,567,890'],
    [-1000, '-1,000'],
    [-0.2, '0'],
  ])('%f is the integer %s', (value, text) => expect(integer(value)).toBe(text));

  it.each([
    [1, '1'],
    [0, '0'],
    [0.5, '0.500'],
    [1.005, '1.00'],
    [0.99999, '1.00'],
    [12.345, '12.3'],
    [99.96, '100'],
    [1234.5, '1,235'],
    [0.00001, '<0.001'],
    [-0.00001, '>-0.001'],
    [-54.25, '-54.3'],
  ])('%f is the figure %s', (value, text) => expect(figure(value)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.001, '<1 %'],
    [0.5, '50 %'],
    [0.999, '>99 %'],
    [1, '100 %'],
  ])('%f is the part %s', (value, text) => expect(percent(value)).toBe(text));

  it('ranges and counts', () => {
    expect(range({ value: 2, low: 1.25, high: 1000 })).toBe('1.25..1,000');
    expect(counted(1, 'access', 'accesses')).toBe('1 access');
    expect(counted(2000, 'access', 'accesses')).toBe('2,000 accesses');
    expect(counted(0, 'kick')).toBe('0 kicks');
  });
});
