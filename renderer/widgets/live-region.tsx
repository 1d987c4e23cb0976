import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';

/** Says the last sentence to screen readers: politely, or at once when something went wrong. */
export function LiveRegion() {
  const { last } = useStore(useBench().announcer);
  const text = (level: 'info' | 'error') => (last?.level === level ? <span key={last.id}>{last.text}</span> : null);
  return (
    <div className="visually-hidden">
      <div role="status">{text('info')}</div>
      <div role="alert">{text('error')}</div>
    </div>
  );
}
