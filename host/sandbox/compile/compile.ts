import { err, ok, type Result } from '../../../core/index.ts';
import type { ScriptError } from '../script-error.ts';
import type { CompiledScript } from './compiled-script.ts';
import { refusals, toScriptError } from './diagnostics.ts';
import { instrument } from './instrument.ts';
import { createScriptProgram, SCRIPT } from './program.ts';

/** Checks a script against the contract and makes JavaScript of it, or says every mistake in it. */
export function compileScript(text: string, file: string): Result<CompiledScript, readonly ScriptError[]> {
  try {
    return compile(text, file);
  } catch (error) {
    // The compiler descends by recursion.
    if (!(error instanceof RangeError)) throw error;
    return err([{ file, line: 0, column: 0, message: 'the script is nested too deeply to be checked' }]);
  }
}

function compile(text: string, file: string): Result<CompiledScript, readonly ScriptError[]> {
  const program = createScriptProgram(text);
  const source = program.getSourceFile(SCRIPT)!;
  const syntax = program.getSyntacticDiagnostics(source);
  if (syntax.length > 0) return err(syntax.map((diagnostic) => toScriptError(diagnostic, file)));
  const refused = refusals(source, file);
  if (refused.length > 0) return err(refused);
  const wrong = program.getSemanticDiagnostics(source);
  if (wrong.length > 0) return err(wrong.map((diagnostic) => toScriptError(diagnostic, file)));

  const sites: number[] = [];
  const output = new Map<string, string>();
  program.emit(source, (name, content) => output.set(name.slice(name.lastIndexOf('.')), content), undefined, false, {
    before: [instrument(program.getTypeChecker(), sites)],
  });
  const javascript = (output.get('.js') ?? '').replace(/\nexport \{\};\n(\/\/# sourceMappingURL.*)?\s*$/, '\n');
  return ok({ file, text, javascript, sourceMap: output.get('.map') ?? '', sites });
}
