/** Sentences to know before what stands below them is believed; nothing for none. */
export function Warnings({ list }: { readonly list: readonly string[] }) {
  return list.map((sentence) => (
    <p key={sentence} className="warning">
      {sentence}
    </p>
  ));
}
