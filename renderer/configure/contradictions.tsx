import type { Contradiction } from '../state/expand-axes.ts';
import { en } from '../text/en.ts';

/** Why some of the chosen combinations make no configuration. */
export function Contradictions({ list }: { list: readonly Contradiction[] }) {
  return (
    <div role="status">
      {list.length > 0 && (
        <div className="contradictions">
          <strong>{en.configure.leftOut(list.reduce((sum, { times }) => sum + times, 0))}</strong>
          <ul>
            {list.map(({ sentence }) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
