import { useEffect } from 'react';

/** What panes offer to commands while they are there: the palette has them, and they are disabled while nobody offers them. */
export type OfferId =
  | 'table.copyTsv'
  | 'table.copyMarkdown'
  | 'inspect.nextStep'
  | 'inspect.previousStep'
  | 'inspect.nextAccess'
  | 'inspect.previousAccess'
  | 'timeline.zoomIn'
  | 'timeline.zoomOut'
  | 'timeline.all'
  | 'configurations.duplicate'
  | 'configurations.rename';

type Deed = () => void;

const offers = new Map<OfferId, Deed>();

/** Offers something; what another offered before is covered. Returns the undo. */
export function offer(id: OfferId, deed: Deed): () => void {
  offers.set(id, deed);
  return () => {
    if (offers.get(id) === deed) offers.delete(id);
  };
}

export const isOffered = (id: OfferId): boolean => offers.has(id);

/** Does what is offered; nothing where nothing is. */
export const takeOffer = (id: OfferId): void => offers.get(id)?.();

/** Offers these for as long as the component is there; null for what it cannot do now. */
export function useOffers(deeds: Partial<Record<OfferId, Deed | null>>): void {
  useEffect(() => {
    const given = Object.entries(deeds) as [OfferId, Deed | null][];
    const undos = given.flatMap(([id, deed]) => (deed === null ? [] : [offer(id, deed)]));
    return () => undos.forEach((undo) => undo());
  });
}
