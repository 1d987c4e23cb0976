import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { announce } from '../state/announcer.ts';
import { useBench } from '../state/bench-context.ts';
import { failureOf } from '../state/failure.ts';
import { knownCpus, loadCpus } from '../state/known-cpus.ts';
import { reportText } from '../text/reports.ts';

const text = reportText.calibrate;

/** Calibrated hosts that can be chosen as CPUs. */
export function KeptHosts() {
  const bench = useBench();
  const { kept } = useStore(knownCpus);
  if (kept.length === 0) return null;
  const forget = async (name: string): Promise<void> => {
    try {
      await bench.lab.call('cpus.forget', { name });
      await loadCpus(bench.lab);
      announce(bench.announcer, text.forgotten(name));
    } catch (error) {
      announce(bench.announcer, failureOf(error).message, 'error');
    }
  };
  return (
    <section aria-label={text.keptHosts}>
      <h3>{text.keptHosts}</h3>
      <ul className="kept-hosts">
        {kept.map(({ host, base }) => (
          <li key={host.name}>
            <span>{text.keptAbout(host.name, base)}</span>
            <Button className="button" onPress={() => void forget(host.name)}>
              {text.forget(host.name)}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
