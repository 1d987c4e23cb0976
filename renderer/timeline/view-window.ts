/** The stretch of the axis that is shown: numbers of events, or cycles of the clock. */
export interface ViewWindow {
  readonly from: number;
  readonly to: number;
}

/** The narrowest stretch. */
const NARROWEST = 20;

/** A window inside the limits: as wide as it was where that is possible. */
export function within({ from, to }: ViewWindow, limits: ViewWindow): ViewWindow {
  const whole = limits.to - limits.from;
  const width = Math.min(whole, Math.max(Math.min(NARROWEST, whole), to - from));
  const start = Math.min(Math.max(from, limits.from), limits.to - width);
  return { from: start, to: start + width };
}

/** Narrower (factor below 1) or wider, with the moment `at` staying where it is. */
export function zoomed({ from, to }: ViewWindow, factor: number, at: number, limits: ViewWindow): ViewWindow {
  const width = Math.max(NARROWEST, (to - from) * factor);
  const share = to === from ? 0.5 : (at - from) / (to - from);
  const start = at - width * share;
  return within({ from: start, to: start + width }, limits);
}

/** Moved by a share of its width. */
export function moved({ from, to }: ViewWindow, share: number, limits: ViewWindow): ViewWindow {
  const by = (to - from) * share;
  return within({ from: from + by, to: to + by }, limits);
}

/** What a key does to the window; null for a key that is none of the timeline's. */
export function afterTimelineKey(view: ViewWindow, key: string, limits: ViewWindow): ViewWindow | null {
  const middle = (view.from + view.to) / 2;
  const width = view.to - view.from;
  switch (key) {
    case 'ArrowLeft':
      return moved(view, -0.2, limits);
    case 'ArrowRight':
      return moved(view, 0.2, limits);
    case 'PageUp':
      return moved(view, -0.9, limits);
    case 'PageDown':
      return moved(view, 0.9, limits);
    case 'Home':
      return within({ from: limits.from, to: limits.from + width }, limits);
    case 'End':
      return within({ from: limits.to - width, to: limits.to }, limits);
    case '+':
    case '=':
      return zoomed(view, 0.5, middle, limits);
    case '-':
      return zoomed(view, 2, middle, limits);
    case '0':
      return limits;
    default:
      return null;
  }
}
