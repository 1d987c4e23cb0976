import type { Page } from 'playwright-core';

/** Collects what goes wrong in a page: exceptions nobody caught, and errors on its console. */
export function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
