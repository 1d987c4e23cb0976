/** A list of React Aria, with what holds its rows. */
const LISTS = '[role="listbox"], [role="grid"]';

/**
 * Tells a list where it is scrolled to before it is pressed. When a list gets the focus, React Aria puts back the place
 * that its last scroll event said; when it was scrolled in the same frame, that event is still to come, the row moves
 * away below the mouse, and nothing is opened. Returns the undo.
 */
export function keepScrollPlaces(): () => void {
  const tell = ({ target }: Event): void => {
    const list = target instanceof Element ? target.closest(LISTS) : null;
    list?.dispatchEvent(new Event('scroll'));
  };
  document.addEventListener('pointerdown', tell, { capture: true });
  return () => document.removeEventListener('pointerdown', tell, { capture: true });
}
