import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';

/** Sentences that may be said in one moment. */
const MOST_AT_ONCE = 8;

/** Says each new sentence to screen readers: politely, or at once when something went wrong. */
export function LiveRegion() {
  const { said } = useStore(useBench().announcer);
  const text = (level: 'info' | 'error') =>
    said.slice(-MOST_AT_ONCE).map((each) => (each.level === level ? <p key={each.id}>{each.text}</p> : null));
  return (
    <div className="visually-hidden">
      <div role="status">{text('info')}</div>
      <div role="alert">{text('error')}</div>
    </div>
  );
}
