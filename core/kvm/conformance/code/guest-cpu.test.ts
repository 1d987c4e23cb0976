import { beforeEach, describe, expect, it } from 'vitest';
import { type JsonObject, UnsupportedError } from '../fields.ts';
import { GUEST_OPS } from '../guest-ops.ts';
import { HOST_OPS } from '../host-ops.ts';
import { OracleVm } from '../oracle-vm.ts';

let vm: OracleVm;
beforeEach(() => {
  vm = new OracleVm();
  perform({ op: 'boot', mode: 'long64' });
});

function perform(op: JsonObject): JsonObject {
  const name = String(op['op']);
  return HOST_OPS[name]?.(vm, op) ?? GUEST_OPS[name]!(vm, op, {}, perform);
}
const SHOWN = ['rip', 'rax', 'rcx', 'rdx', 'rsp', 'rsi', 'rdi'];

/** Runs code to its HLT; registers that were neither given nor changed are left out. */
function run(code: string, regs: Record<string, string>): { events: unknown; regs: Record<string, string> } {
  const result = perform({ op: 'guest_code', code, regs, show: SHOWN });
  const shown = result['regs'] as Record<string, string>;
  return {
    events: result['events'],
    regs: Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== '0x0')),
  };
}

describe('short programs in memory', () => {
  it.each<[string, string, Record<string, string>, Record<string, string>, [number, string]]>([
    ['mov [rdx],eax', '8902', { rdx: '0x100000', rax: '0x11223344' }, {}, [0x100000, '44332211']],
    ['mov [rdx+4],al', '884204', { rdx: '0x100000', rax: '0xff' }, {}, [0x100004, 'ff']],
    ['mov [r9-1],rcx', '498949ff', { r9: '0x100001', rcx: '0x5' }, {}, [0x100000, '0500000000000000']],
    ['sub dword [rdx],1', '832a01', { rdx: '0x100000' }, {}, [0x100000, 'ffffffff']],
    ['not word [rdx]', '66f712', { rdx: '0x100000' }, {}, [0x100000, 'ffff0000']],
    ['dec byte [rdx]', 'fe0a', { rdx: '0x100000' }, {}, [0x100000, 'ff00']],
    ['push rax', '50', { rsp: '0x100008', rax: '0x7' }, { rsp: '0x100000' }, [0x100000, '0700000000000000']],
    [
      'rep stosw',
      '66f3ab',
      { rdi: '0x100000', rcx: '0x2', rax: '0x1234' },
      { rdi: '0x100004', rcx: '0x0' },
      [0x100000, '34123412'],
    ],
    ['movsb', 'a4', { rsi: '0x1000', rdi: '0x100000' }, { rsi: '0x1001', rdi: '0x100001' }, [0x100000, 'a4']],
    ['mov ecx,3; 1: loop 1b; mov [rdx],ecx', 'b903000000e2fe890a', { rdx: '0x100000' }, {}, [0x100000, '00000000']],
  ])('%s', (_asm, code, given, changed, [gpa, bytes]) => {
    const result = run(code, given);
    expect(result.events).toEqual([]);
    const length = code.length / 2;
    const left = Object.fromEntries(
      Object.entries({ ...given, ...changed }).filter(([name, v]) => SHOWN.includes(name) && v !== '0x0'),
    );
    expect(result.regs).toEqual({ rip: '0x' + (0x1000 + length + 1).toString(16), ...left });
    expect(perform({ op: 'ram_peek', buf: 'm0', off: gpa, len: bytes.length / 2 })).toEqual({ data: bytes });
  });

  it('a loop stops when a comparison says so', () => {
    perform({ op: 'ram_poke', buf: 'm0', off: 0x100000, data: '05000000' });
    const result = run('ff0a833a0075f9', { rdx: '0x100000' });
    expect(result.events).toEqual([]);
    expect(perform({ op: 'ram_peek', buf: 'm0', off: 0x100000, len: 4 })).toEqual({ data: '00000000' });
  });

  it.each<[string, string]>([
    ['an unknown opcode', '0f0b'],
    ['a register operand', '89c8'],
    ['a branch on a flag nobody knows', '83020174fb'],
    ['a program without end', 'ebfe'],
  ])('%s is refused by name', (_what, code) => {
    expect(() => run(code, { rdx: '0x100000' })).toThrow(UnsupportedError);
  });
});

describe('KVM_RUN', () => {
  it('157: with a read pending and immediate_exit set, KVM_RUN completes the read and returns EINTR', () => {
    // mov eax,[rdx]; mov [rdx],eax: the second instruction tells whether the guest went on.
    perform({ op: 'vcpu_start', code: '8b028902', regs: { rdx: '0xd0000000' } });
    expect(perform({ op: 'vcpu_run' })['events']).toHaveLength(1);
    perform({ op: 'mmio_reply', data: '78563412' });
    perform({ op: 'immediate_exit', value: 1 });
    for (let again = 0; again < 2; again++) {
      expect(perform({ op: 'vcpu_run' })).toEqual({ errno: 'EINTR', events: [] });
      expect(perform({ op: 'vcpu_regs', show: ['rip', 'rax'] })).toEqual({ rip: '0x1002', rax: '0x12345678' });
    }
    perform({ op: 'immediate_exit', value: 0 });
    expect(perform({ op: 'vcpu_run' })).toMatchObject({ errno: 'OK', events: [{ exit: 'MMIO', data: '78563412' }] });
  });

  it('an element of a string that userspace sees leaves RIP on the instruction', () => {
    perform({ op: 'vcpu_start', code: 'f3aa', regs: { rdi: '0xd0000000', rcx: '0x2', rax: '0x1' } });
    for (const left of ['0x1', '0x0']) {
      expect(perform({ op: 'vcpu_run' })['events']).toHaveLength(1);
      expect(perform({ op: 'vcpu_regs', show: ['rip', 'rcx'] })).toEqual({ rip: '0x1000', rcx: left });
    }
    expect(perform({ op: 'vcpu_run' })).toEqual({ errno: 'OK', events: [{ exit: 'HLT' }] });
  });
});

describe('a forked child', () => {
  it('gets EIO from every ioctl on the VM', () => {
    const body = { op: 'ioeventfd', addr: '0xd0000000', len: 4, flags: [], fd: 'e1' };
    expect(perform({ op: 'in_forked_child', body })).toEqual({ errno: 'EIO' });
    expect(perform(body)).toEqual({ errno: 'OK' });
  });
});
