import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { activeDocument } from '../state/documents.ts';
import { en } from '../text/en.ts';
import './gallery.css';

/** What the active script asks, what people said the answer is, and what the model says. */
export function QuestionPane() {
  const bench = useBench();
  const document = useStore(bench.documents, activeDocument);
  if (document === null) return <p className="pane-note">{en.question.none}</p>;
  const scenario = document.check?.scenario ?? null;
  if (scenario === null)
    return <p className="pane-note">{document.check === null ? en.common.loading : en.question.broken}</p>;
  const { title, question, claims, says } = scenario;
  return (
    <article className="question" tabIndex={0} aria-label={title}>
      <h2>{title}</h2>
      <p>{question}</p>
      <Sentences heading={en.question.claims} list={claims} />
      <Sentences heading={en.question.says} list={says} />
    </article>
  );
}

function Sentences({ heading, list }: { heading: string; list: readonly string[] }) {
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{heading}</h3>
      <ul>
        {list.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}
