// The parts of Monaco that the window uses, in one place: the rest of the editor imports from here.
import * as monaco from 'monaco-editor/editor.js';
import 'monaco-editor/features/register.all.js';
import 'monaco-editor/languages/definitions/typescript/register.js';
import * as typescript from 'monaco-editor/languages/features/typescript/register.js';
// Workers are built by the bundler: `?worker` gives a class.
// oxlint-disable-next-line import/default
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
// oxlint-disable-next-line import/default
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker.js?worker';
import declarations from '../../host/contract/exitlab.d.ts?raw';

self.MonacoEnvironment = {
  getWorker: (_id: string, label: string) =>
    label === 'typescript' || label === 'javascript' ? new TypeScriptWorker() : new EditorWorker(),
};

/** The script's language: modern TypeScript, no DOM, no Node, and the globals that the sandbox implements. */
typescript.typescriptDefaults.setCompilerOptions({
  target: typescript.ScriptTarget.ESNext,
  module: typescript.ModuleKind.ESNext,
  moduleDetection: 3,
  lib: ['es2023'],
  strict: true,
  noEmit: true,
  allowNonTsExtensions: true,
});
typescript.typescriptDefaults.addExtraLib(declarations, 'file:///exitlab/exitlab.d.ts');
typescript.typescriptDefaults.setEagerModelSync(true);

export { monaco };
