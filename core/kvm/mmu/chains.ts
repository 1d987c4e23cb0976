/**
 * Lists of numbers as columns: what the kernel keeps in pte_list_desc, for reverse maps and for parents. A list is named by its head, a
 * number its owner keeps; 0 is the empty list. Numbers are positive.
 */
export class Chains {
  private numbers = new Int32Array(256);
  private followers = new Int32Array(256);
  private used = 1;
  private free = 0;

  /** Puts a number in front; returns the new head. */
  push(head: number, value: number): number {
    let node = this.free;
    if (node !== 0) this.free = this.followers[node]!;
    else {
      if (this.used === this.numbers.length) this.grow();
      node = this.used++;
    }
    this.numbers[node] = value;
    this.followers[node] = head;
    return node;
  }

  /** Takes a number out; returns the new head. A number that is not there changes nothing. */
  remove(head: number, value: number): number {
    let before = 0;
    for (let node = head; node !== 0; node = this.followers[node]!) {
      if (this.numbers[node] !== value) {
        before = node;
        continue;
      }
      const after = this.followers[node]!;
      this.followers[node] = this.free;
      this.free = node;
      if (before === 0) return after;
      this.followers[before] = after;
      return head;
    }
    return head;
  }

  /** The number at a node: the first one at the head. */
  value(node: number): number {
    return this.numbers[node]!;
  }

  /** The node after a node; 0 at the end. Read it before the node is removed. */
  next(node: number): number {
    return this.followers[node]!;
  }

  length(head: number): number {
    let count = 0;
    for (let node = head; node !== 0; node = this.followers[node]!) count++;
    return count;
  }

  private grow(): void {
    const size = this.numbers.length * 2;
    const numbers = new Int32Array(size);
    const followers = new Int32Array(size);
    numbers.set(this.numbers);
    followers.set(this.followers);
    this.numbers = numbers;
    this.followers = followers;
  }
}
