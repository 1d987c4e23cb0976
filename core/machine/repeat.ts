import type { StateSet } from '../base/state.ts';

/** What a recorded loop needs of the machine that replays it. */
export interface Repeatable {
  readonly state: StateSet;
  /** Replays the loop's body once. */
  iterate(): void;
  /** True once nothing more may run. */
  stopped(): boolean;
  /** Clears the marks that memory of the machine or of the reference was changed. */
  clearChanged(): void;
  /** True when a store changed a word since the marks were cleared. */
  changed(): boolean;
  /** Called instead of multiplying when a count would pass 2^53; stops the machine. */
  overflow(): void;
  /** Called every `PULSE` iterations. */
  pulse(): void;
}

/** Iterations between two signs of life. */
const PULSE = 4096;

const FIRST_TRY = 4;

/**
 * Runs a body `iterations` times. Once an iteration leaves the machine exactly as it found it (every state column equal, no memory
 * word changed), each further iteration must do the same, so what the iteration counted is multiplied by those that remain: the
 * same result as replaying, whatever the number. Tries are made after 4, 8, 16... iterations, so a loop without a fixed point pays
 * little. Returns the number of iterations really replayed.
 */
export function repeat(machine: Repeatable, iterations: number): number {
  let done = 0;
  let tryAt = FIRST_TRY;
  while (done < iterations) {
    if (machine.stopped()) return done;
    if (done === tryAt && iterations - done > 2) {
      const before = machine.state.snapshot();
      machine.clearChanged();
      machine.iterate();
      done++;
      if (machine.stopped()) return done;
      if (!machine.changed() && machine.state.sameState(before)) {
        const left = iterations - done;
        if (machine.state.staysExact(before, left)) machine.state.repeatGrowth(before, left);
        else machine.overflow();
        return done;
      }
      tryAt *= 2;
      continue;
    }
    machine.iterate();
    done++;
    if (done % PULSE === 0) machine.pulse();
  }
  return done;
}
