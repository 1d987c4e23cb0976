import type { Result } from '../../core/index.ts';
import type { CompiledScript } from '../sandbox/compile/compiled-script.ts';
import type { ScriptError } from '../sandbox/script-error.ts';
import type { ScenarioWords } from './scenario-words.ts';

/** What the compiler's thread is asked. */
export type CompileRequest = { readonly id: number; readonly text: string } & (
  { readonly kind: 'compile'; readonly name: string } | { readonly kind: 'words' }
);

export type Compiled = Result<CompiledScript, readonly ScriptError[]>;

export type CompileAnswer = { readonly id: number } & (
  | { readonly kind: 'compiled'; readonly compiled: Compiled }
  | { readonly kind: 'words'; readonly words: ScenarioWords | null }
  /** A bug of the compiler's. */
  | { readonly kind: 'crashed'; readonly message: string }
);
