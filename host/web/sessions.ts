import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Windows of one user; more means that something goes wrong. */
const MOST_SESSIONS = 64;

/**
 * Who may talk to the browser host. A link holds a token that opens one session, once; the session's key then goes with every message,
 * in a header, which no page of another origin can set.
 */
export class Sessions {
  private readonly tokens = new Set<string>();
  private readonly keys = new Set<string>();

  /** A token for one link. */
  makeToken(): string {
    const token = secret();
    this.tokens.add(digest(token));
    return token;
  }

  /** The key of a new session, or null for a token that is wrong or used. */
  open(token: string): string | null {
    const given = digest(token);
    const known = [...this.tokens].find((each) => same(each, given));
    if (known === undefined || this.keys.size >= MOST_SESSIONS) return null;
    this.tokens.delete(known);
    const key = secret();
    this.keys.add(digest(key));
    return key;
  }

  /** True for the key of a session. */
  knows(key: string): boolean {
    const given = digest(key);
    return [...this.keys].some((each) => same(each, given));
  }
}

const secret = (): string => randomBytes(32).toString('base64url');
/** Compared instead of the secrets themselves: equal lengths, and nothing to learn from the time it takes. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const same = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));
