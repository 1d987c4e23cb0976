import { ENTRIES, type ShadowPages } from '../shadow-pages.ts';
import { accessOfRole, isDirect, levelOf } from './role.ts';

const ACCESS = 8;

/**
 * sp->shadowed_translation: the guest frame that each SPTE of a page maps, and the guest's rights to it. Of a direct page both follow from the
 * page.
 */
export class Translations {
  private readonly pages: ShadowPages;
  private readonly columns: (Float64Array | undefined)[] = [];

  constructor(pages: ShadowPages) {
    this.pages = pages;
  }

  /** kvm_mmu_page_get_gfn. */
  gfn(page: number, index: number): number {
    const role = this.pages.role[page]!;
    if (isDirect(role)) return this.pages.gfn[page]! + index * 512 ** (levelOf(role) - 1);
    return Math.floor((this.columns[page]?.[index] ?? 0) / ACCESS);
  }

  /** kvm_mmu_page_get_access. */
  access(page: number, index: number): number {
    const role = this.pages.role[page]!;
    if (isDirect(role)) return accessOfRole(role);
    return (this.columns[page]?.[index] ?? 0) % ACCESS;
  }

  /** kvm_mmu_page_set_translation. */
  set(page: number, index: number, gfn: number, access: number): void {
    if (isDirect(this.pages.role[page]!)) return;
    const column = (this.columns[page] ??= new Float64Array(ENTRIES));
    const value = gfn * ACCESS + access;
    if (column[index] === value) return;
    column[index] = value;
    this.pages.changed();
  }
}
