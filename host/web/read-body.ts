import type { IncomingMessage } from 'node:http';

/** Bytes of a message: the largest text of the contract, as JSON. */
export const LARGEST_BODY = 96 * 1024 * 1024;

/** The body of a request as JSON, or null when it is none. `'too large'` stops reading at the limit. */
export async function readBody(
  request: IncomingMessage,
  limit: number = LARGEST_BODY,
): Promise<{ readonly json: unknown } | 'too large' | 'no json'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return 'too large';
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))) };
  } catch {
    return 'no json';
  }
}
