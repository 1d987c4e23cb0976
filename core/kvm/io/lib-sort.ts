/**
 * Linux's sort() (lib/sort.c before 5.2, as kernel 4.2 has it): plain heap sort. Not stable, so the order of elements that compare
 * equal is whatever this exact sequence of swaps leaves; a model of it needs the same sequence.
 */
export function heapSort(
  count: number,
  compare: (a: number, b: number) => number,
  swap: (a: number, b: number) => void,
) {
  for (let i = (count >> 1) - 1; i >= 0; i--) siftDown(i, count, compare, swap);
  for (let i = count - 1; i > 0; i--) {
    swap(0, i);
    siftDown(0, i, compare, swap);
  }
}

function siftDown(
  from: number,
  count: number,
  compare: (a: number, b: number) => number,
  swap: (a: number, b: number) => void,
): void {
  let root = from;
  for (let child = root * 2 + 1; child < count; child = root * 2 + 1) {
    if (child < count - 1 && compare(child, child + 1) < 0) child++;
    if (compare(root, child) >= 0) return;
    swap(root, child);
    root = child;
  }
}
