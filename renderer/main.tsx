import { connectLab } from './client/connect.ts';
import { sentenceOf } from './state/failure.ts';
import { en } from './text/en.ts';
import { startWorkbench } from './workbench/start.tsx';

const element = document.getElementById('workbench')!;

try {
  await startWorkbench(await connectLab(), element);
} catch (error) {
  element.className = 'no-lab';
  element.setAttribute('role', 'alert');
  // A link pasted into this window changes nothing but what stands behind the #.
  addEventListener('hashchange', () => location.reload());
  element.textContent = en.noLab(sentenceOf(error));
}
