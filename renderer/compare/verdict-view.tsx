import { drawnText, type Comparison } from '../../core/index.ts';
import { percent, signed } from '../charts/format.ts';
import { resultText } from '../text/results.ts';
import { asSentence } from '../text/sentence.ts';
import { Warnings } from '../widgets/warnings.tsx';
import './compare.css';

const text = resultText.compare;

const relativeText = (share: number): string =>
  `${share > 0 ? '+' : share < 0 ? '\u2212' : ''}${Math.abs(share * 100).toFixed(1)} %`;

/** What a comparison comes to: the verdict in words, its interval, why, and what must be known before it is believed. */
export function VerdictView({ comparison }: { readonly comparison: Comparison }) {
  const { a, b, verdict, difference, relative, interval, probability, warnings, drawn } = comparison;
  const share = relative === null ? '' : text.ofCost(relativeText(relative));
  const facts = [
    text.changes(signed(difference), share),
    ...(interval === null ? [] : [text.interval(signed(interval.low), signed(interval.high))]),
    ...(probability === null ? [] : [text.probability(b, percent(probability))]),
  ];
  return (
    <div className="result-notes">
      <p className={`verdict ${verdict.word.replace(' ', '-')}`}>
        <strong>{text.verdict(a, b, verdict.word)}</strong>
        <span>{facts.join('; ')}.</span>
        <span className="muted">{asSentence(verdict.why)}</span>
      </p>
      <Warnings list={warnings.map(asSentence)} />
      {interval !== null && <p className="muted">{drawnText(drawn)}</p>}
    </div>
  );
}
