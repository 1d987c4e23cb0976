import { useEffect, useRef, useState, type RefObject } from 'react';

/** Whether an element is on the screen: a pane behind another tab is not. */
export function useInSight<T extends Element>(): { readonly ref: RefObject<T | null>; readonly inSight: boolean } {
  const ref = useRef<T>(null);
  const [inSight, setInSight] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new IntersectionObserver(([entry]) => setInSight(entry?.isIntersecting ?? false));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, inSight };
}
