// The only door of the core.
export { replayOracle, type Tally } from './kvm/conformance/tally.ts';
