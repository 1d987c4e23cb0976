import { describe, expect, it } from 'vitest';
import { Sessions } from './sessions.ts';

describe('a link', () => {
  it('opens one session, once', () => {
    const sessions = new Sessions();
    const token = sessions.makeToken();
    const key = sessions.open(token);
    expect(key).not.toBeNull();
    expect(sessions.knows(key!)).toBe(true);
    expect(sessions.open(token)).toBeNull();
    expect(sessions.knows(key!)).toBe(true);
  });

  it('that was never made opens nothing', () => {
    const sessions = new Sessions();
    const token = sessions.makeToken();
    for (const wrong of ['', token.slice(1), `${token}x`, token.toUpperCase()]) expect(sessions.open(wrong)).toBeNull();
    expect(sessions.open(token)).not.toBeNull();
  });

  it('is no key, and a key is no link', () => {
    const sessions = new Sessions();
    const token = sessions.makeToken();
    expect(sessions.knows(token)).toBe(false);
    expect(sessions.open(sessions.open(token)!)).toBeNull();
    expect(sessions.knows('')).toBe(false);
  });

  it('has 256 bits that are never the same', () => {
    const sessions = new Sessions();
    const tokens = Array.from({ length: 100 }, () => sessions.makeToken());
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
  });
});
