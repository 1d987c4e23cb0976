import { hexWords } from '../base/words.ts';
import { OP, type Instruction } from '../guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { DEVICE } from '../kvm/io/io-devices.ts';
import { BUS } from '../kvm/io/io-bus.ts';
import { SLOT_FLAG } from '../kvm/memslots/slot-table.ts';
import { guestEntries, nestedEntries, type GuestWalkRows } from './inspect-tables.ts';
import { shadowEntries } from './inspect-shadow.ts';
import { cachedTranslations, cachedWalks } from './inspect-caches.ts';
import type { MachineParts } from './machine.ts';
import { stateTable, type MachineState, type StateRow, type StateTable } from './state-table.ts';

export type { MachineState } from './state-table.ts';

/** Operations without a linear address. */
const NO_ADDRESS = new Set<number>([
  OP.OUT,
  OP.IN,
  OP.CPUID,
  OP.HLT,
  OP.VMCALL,
  OP.MOV_CR0,
  OP.MOV_CR3,
  OP.MOV_CR4,
  OP.WRPKRU,
  OP.SET_CPL,
  OP.SET_AC,
  OP.INVD,
  OP.WBINVD,
  OP.WRMSR,
  OP.XSETBV,
]);

/**
 * The machine as one access finds it: what is cached and written about its address, and the slots, buses and counters. Reads only; nothing
 * is charged, faulted in or touched.
 */
export function inspectMachine(parts: MachineParts, insn: Instruction): MachineState {
  const hasAddress = !NO_ADDRESS.has(insn.op);
  const none: GuestWalkRows = { rows: [], gpa: null, tables: [] };
  const guest = hasAddress ? guestEntries(parts, insn.hi, insn.lo) : none;
  return [
    registers(parts),
    cachedTranslations(parts, hasAddress ? insn : null),
    cachedWalks(parts, hasAddress ? insn : null, guest),
    stateTable('guest-tables', ['level', 'entry at', 'value', 'bits'], guest.rows),
    stateTable(
      'nested-tables',
      ['for', 'level', 'entry at', 'value', 'bits'],
      secondTables(parts, insn, guest, hasAddress),
    ),
    memslots(parts),
    buses(parts),
    signals(parts),
    statistics(parts),
  ];
}

/** EPT or NPT for each guest-physical address of the access; or the shadow table for its linear one. */
function secondTables(parts: MachineParts, insn: Instruction, guest: GuestWalkRows, hasAddress: boolean): StateRow[] {
  if (parts.cpu.nested !== null) return nestedEntries(parts, guest);
  return hasAddress ? shadowEntries(parts, insn.hi, insn.lo) : [];
}

/** What calls of the host can change: slots, buses and KVM's counters. Reads only. */
export const inspectHost = (parts: MachineParts): MachineState => [memslots(parts), buses(parts), statistics(parts)];

function registers({ registers: { at }, cpu, kvm, vcpu }: MachineParts): StateTable {
  const names = (value: number, bits: Readonly<Record<string, number>>): string =>
    Object.entries(bits)
      .filter(([, bit]) => (value & bit) !== 0)
      .map(([name]) => name)
      .join(' ');
  const row = (key: string, value: string, bits = ''): StateRow => ({ key, cells: [key, value, bits] });
  return stateTable(
    'registers',
    ['register', 'value', 'bits'],
    [
      row('CR0', hexWords(0, at[REG.CR0]!), names(at[REG.CR0]!, CR0)),
      row('CR2', hexWords(at[REG.CR2_HI]!, at[REG.CR2_LO]!)),
      row('CR3', hexWords(at[REG.CR3_HI]!, at[REG.CR3_LO]!)),
      row('CR4', hexWords(0, at[REG.CR4]!), names(at[REG.CR4]!, CR4)),
      row('EFER', hexWords(0, at[REG.EFER]!), names(at[REG.EFER]!, EFER)),
      row('CPL', `${at[REG.CPL]!}`),
      row('EFLAGS.AC', `${at[REG.AC]!}`),
      row('PKRU', hexWords(0, at[REG.PKRU]!)),
      cpu.nested === null
        ? row('shadow root', pageAddress(vcpu.root), `${cpu.controls.nativeLevels} levels`)
        : row(cpu.config.nested === 'npt' ? 'nCR3' : 'EPTP', pageAddress(vcpu.root), `${kvm.mmu.tables.levels} levels`),
      row('memslot generation', `0x${kvm.slots.generations.value(0).toString(16)}`),
    ],
  );
}

function memslots({ kvm }: MachineParts): StateTable {
  const { id, space, flags, baseGfn, pages, hvaPage } = kvm.slots.table;
  const rows: { readonly gfn: number; readonly row: StateRow }[] = [];
  for (let row = 0; row < id.length; row++) {
    if (pages[row] === 0) continue;
    const bits = Object.entries(SLOT_FLAG)
      .filter(([, bit]) => (flags[row]! & bit) !== 0)
      .map(([name]) => name);
    const cells = [
      id[row]!,
      pageAddress(baseGfn[row]!),
      pages[row]! * 4096,
      pageAddress(hvaPage[row]!),
      bits.join(' '),
    ];
    rows.push({ gfn: baseGfn[row]!, row: { key: `${space[row]}.${id[row]}`, cells } });
  }
  rows.sort((a, b) => a.gfn - b.gfn);
  return stateTable(
    'memslots',
    ['slot', 'gpa', 'bytes', 'hva', 'flags'],
    rows.map(({ row }) => row),
  );
}

const BUS_NAMES = Object.entries(BUS);

function buses({ kvm, host }: MachineParts): StateTable {
  const { devices } = kvm.io;
  const rows: StateRow[] = [];
  for (const [name, number] of BUS_NAMES) {
    const bus = kvm.io.buses[number]!;
    for (let at = 0; at < bus.count; at++) {
      const device = bus.deviceAt(at);
      const place = hexWords(devices.addressHi[device]!, devices.addressLo[device]!);
      const wanted =
        devices.wildcard[device] === 1 || devices.length[device] === 0
          ? 'any'
          : hexWords(devices.matchHi[device]!, devices.matchLo[device]!);
      const isEventfd = devices.kind[device] === DEVICE.IOEVENTFD;
      const what = isEventfd
        ? `ioeventfd ${host.eventfdName(devices.eventfd[device]!)}`
        : devices.kind[device] === DEVICE.COALESCED
          ? 'coalesced zone'
          : 'in the kernel';
      rows.push({
        key: `${name} ${device}`,
        cells: [name, at, place, bus.lengthAt(at), what, isEventfd ? wanted : ''],
      });
    }
  }
  return stateTable('buses', ['bus', 'index', 'address', 'length', 'device', 'value'], rows);
}

function signals({ host }: MachineParts): StateTable {
  const rows = Object.entries(host.signals()).map(([name, count]) => ({ key: name, cells: [name, count] }));
  return stateTable('eventfds', ['eventfd', 'signals'], rows);
}

function statistics({ kvm }: MachineParts): StateTable {
  const rows = Object.entries(kvm.statsByName()).filter(([, count]) => count !== 0);
  return stateTable(
    'stats',
    ['statistic', 'count'],
    rows.map(([name, count]) => ({ key: name, cells: [name, count] })),
  );
}

/** Address of a 4 KiB page by its number. */
const pageAddress = (page: number): string => `0x${(BigInt(page) << 12n).toString(16)}`;
