// Runs a packed app's main process on Node, with the double in place of electron: `run-packed.ts MAIN`. Asks the lab behind it for the
// gallery, then runs the first scenario on one configuration; prints what came of it as JSON. Two threads and every packed file take part.
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseConfigurations } from '../../core/index.ts';

const DOUBLE = new URL('./double.ts', import.meta.url).href;
registerHooks({
  resolve: (name, context, next) => (name === 'electron' ? { url: DOUBLE, shortCircuit: true } : next(name, context)),
});
const { app, BrowserWindow, dialog, ipcMain, protocol, topFrame } = await import('./double.ts');

await import(pathToFileURL(process.argv[2]!).href);
app.makeReady();
for (let tries = 0; ipcMain.handlers.size === 0 && tries < 200; tries++)
  await new Promise((done) => setTimeout(done, 25));
const window = BrowserWindow.all[0]!;

async function call(method: string, params: unknown): Promise<never> {
  const told = (await ipcMain.invoke('exitlab:call', topFrame(window), { method, params })) as {
    ok: boolean;
    reply: never;
  };
  if (!told.ok) throw new Error(JSON.stringify(told));
  return told.reply;
}

const gallery: { id: string; text: string }[] = await call('gallery', {});
const { id, text } = gallery[0]!;
const parsed = parseConfigurations({});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const configurations = parsed.value.slice(0, 1);
await call('start', {
  runId: 'packed',
  script: { name: `${id}.ts`, text },
  configurations,
  options: { check: true, events: 0, seconds: 0 },
});
const events = (): { name: string; data: { message?: string } }[] =>
  window.webContents.sent.map(({ message }) => message as { name: string; data: { message?: string } });
for (let tries = 0; tries < 1200 && !events().some(({ name }) => name === 'run.done'); tries++)
  await new Promise((done) => setTimeout(done, 25));

const index = await protocol.handlers.get('exitlab')?.(new Request('exitlab://app/index.html') as never);
process.stdout.write(
  `${JSON.stringify({
    gallery: gallery.length,
    events: [...new Set(events().map(({ name }) => name))],
    failures: events().flatMap(({ data }) => data.message ?? []),
    index: index?.status,
    errors: dialog.errors,
  })}\n`,
);
app.quit();
window.close();
process.exit(0);
