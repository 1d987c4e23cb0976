// The compiler's thread: type checks and compiles scripts, so that neither a window nor a running simulation waits for it.
import { parentPort } from 'node:worker_threads';
import { compileScript } from '../sandbox/compile/compile.ts';
import type { CompileAnswer, CompileRequest } from './compile-protocol.ts';
import { scenarioWords } from './scenario-words.ts';

const port = parentPort!;

function answer(request: CompileRequest): CompileAnswer {
  const { id } = request;
  try {
    if (request.kind === 'words') return { id, kind: 'words', words: scenarioWords(request.text) };
    return { id, kind: 'compiled', compiled: compileScript(request.text, request.name) };
  } catch (error) {
    return { id, kind: 'crashed', message: error instanceof Error ? error.message : String(error) };
  }
}

port.on('message', (request: CompileRequest) => port.postMessage(answer(request)));
