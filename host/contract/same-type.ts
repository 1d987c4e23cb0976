/** A type with every property, list and tuple in it read-only. A mapped type keeps a tuple's length and what stands in each place. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** True when two types are assignable to each other. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Compiles for `true` only: `type Checked = Holds<Same<A, B>>`. */
export type Holds<T extends true> = T;
