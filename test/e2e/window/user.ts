import type { Locator, Page } from 'playwright-core';

/** What a table of the window says: a row is found by its first field, a number by the title of its column. */
export type Numbers = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Milliseconds that a run of the tests may take. */
const RUN_PATIENCE = 60_000;

/** Somebody at the window, with a mouse: everything is found by its role and the name that is seen or read out. */
export class User {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async openScenario(title: RegExp): Promise<void> {
    await this.page.getByRole('listbox', { name: 'Scenarios' }).getByRole('option', { name: title }).first().click();
  }

  /** Takes exactly these values of an axis. */
  async choose(axis: string, values: readonly string[]): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`${axis}$`) }).click();
    const options = this.page.getByRole('listbox', { name: axis }).getByRole('option');
    for (const option of await options.all()) {
      const id = (await option.locator('code').innerText()).trim();
      const isChosen = (await option.getAttribute('aria-selected')) === 'true';
      if (isChosen !== values.includes(id)) await option.click();
    }
    await this.page.keyboard.press('Escape');
    await options.first().waitFor({ state: 'hidden' });
  }

  /** The names of the configurations that there are. */
  async configurations(): Promise<string[]> {
    return this.page
      .getByRole('grid', { name: 'Configurations' })
      .getByRole('row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
  }

  get runButton(): Locator {
    return this.page.getByRole('banner').getByRole('button', { name: 'Run the script' });
  }

  /** The menu bar of the browser host. */
  async choosesFrom(menu: string, entry: string | RegExp): Promise<void> {
    await this.page.getByRole('toolbar', { name: 'Menu' }).getByRole('button', { name: menu }).click();
    await this.page
      .getByRole('menuitem', { name: entry })
      .or(this.page.getByRole('menuitemcheckbox', { name: entry }))
      .click();
  }

  /** Presses Run and waits until everything ran. */
  async run(): Promise<void> {
    await this.runButton.click();
    await this.says(/configurations? (ran in|as before)/);
  }

  /** Waits until the status bar says so. */
  async says(sentence: RegExp): Promise<void> {
    await this.page
      .getByRole('contentinfo', { name: 'Status' })
      .getByText(sentence)
      .first()
      .waitFor({ timeout: RUN_PATIENCE });
  }

  async showPane(title: string): Promise<void> {
    await this.page.getByRole('tab', { name: title, exact: true }).first().click();
  }

  pane(title: string): Locator {
    return this.page.getByRole('tabpanel', { name: title, exact: true });
  }

  /** The text field of an open editor. What takes the keys has no size of its own: the text beside it is what is seen. */
  async editor(name: string): Promise<Locator> {
    const field = this.page.getByRole('textbox', { name: `Script ${name}` });
    await field.waitFor({ state: 'attached' });
    return field;
  }

  /** The text of the open editor: what it hands over when it is copied. The system's clipboard is not read, which the desktop app refuses. */
  async editorText(name: string): Promise<string> {
    await (await this.editor(name)).focus();
    const copied = await this.page.evaluateHandle(() => {
      const handed = { text: '' };
      const take = ({ clipboardData }: ClipboardEvent): void =>
        void (handed.text = clipboardData?.getData('text/plain') ?? '');
      document.addEventListener('copy', take, { once: true });
      return handed;
    });
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('ControlOrMeta+c');
    await this.page.waitForFunction(({ text }) => text !== '', copied);
    return (await copied.evaluate(({ text }) => text)).replaceAll('\r\n', '\n');
  }

  /** Puts a text in place of what the editor has, by pasting it. */
  async replaceText(name: string, text: string): Promise<void> {
    await (await this.editor(name)).focus();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.evaluate((pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.activeElement?.dispatchEvent(paste);
    }, text);
  }

  /** What is on the clipboard. Only in a browser, where a page may be let read it. */
  async clipboard(): Promise<string> {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** The numbers of a table, as they are read. */
  async numbers(caption: string | RegExp): Promise<Numbers> {
    const table = this.page.getByRole('grid', { name: caption });
    await table.waitFor();
    return numbersOf(table);
  }
}

/** The numbers of a table. Units stand behind the titles, notes behind the numbers. */
async function numbersOf(table: Locator): Promise<Numbers> {
  const [head = [], ...rows] = await table.evaluate((element) => {
    const own = (field: Element): string =>
      [...field.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.textContent : '')).join('');
    const read = (field: Element): string => own(field) || own(field.querySelector('button') ?? field);
    return [...(element as HTMLTableElement).rows]
      .filter((row) => row.closest('[aria-hidden]') === null)
      .map((row) => [...row.cells].map((field) => read(field).trim()));
  });
  return new Map(
    rows.map(([name = '', ...cells]) => [
      name,
      new Map(cells.map((text, index) => [head[index + 1] ?? '', readNumber(text)])),
    ]),
  );
}

/** A number as the window writes it: thousands apart by a thin space, a true minus sign. */
export const readNumber = (text: string): number =>
  Number.parseFloat(text.replaceAll('\u202f', '').replace('\u2212', '-').replace('+', ''));
