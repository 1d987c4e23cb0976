/** The number of an access as people type or copy it: `1000003`, `1 000 003`, `1,000,003`, `1_000_003`; null for what is no number. */
export function readAccess(typed: string): number | null {
  const digits = typed.trim().replaceAll(/(?<=\d)[\s,_'](?=\d{3}(?!\d))/gu, '');
  if (!/^\d+$/.test(digits)) return null;
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : null;
}
