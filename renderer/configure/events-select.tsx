import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { EVENT_CHOICES } from '../state/settings.ts';
import { en } from '../text/en.ts';
import { SingleSelect } from '../widgets/single-select.tsx';

const OPTIONS = EVENT_CHOICES.map((count) => ({ id: en.configure.eventsOf(count), count }));

/** How many events of each run are kept for the timeline. */
export function EventsSelect() {
  const { settings } = useBench();
  const events = useStore(settings, (state) => state.events);
  return (
    <SingleSelect
      label={en.configure.events}
      options={OPTIONS.map(({ id }) => ({ id, title: id, about: '' }))}
      value={en.configure.eventsOf(events)}
      onChange={(id) => settings.setState({ events: OPTIONS.find((option) => option.id === id)?.count ?? 0 })}
    />
  );
}
