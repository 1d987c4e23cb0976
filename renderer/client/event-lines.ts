/** Takes Server-Sent Events apart: pieces of text in, the data of each complete event out. Comments are signs of life and say nothing. */
export class EventLines {
  private rest = '';
  private readonly data: string[] = [];
  private readonly hear: (data: string) => void;

  constructor(hear: (data: string) => void) {
    this.hear = hear;
  }

  push(piece: string): void {
    const end = piece.lastIndexOf('\n');
    if (end < 0) {
      this.rest += piece;
      return;
    }
    const lines = (this.rest + piece.slice(0, end)).split('\n');
    this.rest = piece.slice(end + 1);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line.startsWith('data: ')) this.data.push(line.slice(6));
    else if (line === '' && this.data.length > 0) this.hear(this.data.splice(0).join('\n'));
  }
}
