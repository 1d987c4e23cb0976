import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const NAME = 'exitlab.d.ts';
const text = readFileSync(new URL(NAME, import.meta.url), 'utf8');
const file = ts.createSourceFile(NAME, text, ts.ScriptTarget.ESNext, true);

/** The doc comment before a declaration, as an editor shows it when the mouse rests on the name. */
function docOf(node: ts.Node): string {
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const last = ranges.at(-1);
  return last === undefined ? '' : text.slice(last.pos, last.end).replaceAll(/\s+\*?\s*/g, ' ');
}

const interfaces = file.statements.filter(ts.isInterfaceDeclaration);
const members = interfaces
  .filter(({ name }) => ['Vm', 'Cpu', 'Host', 'GuestKernel'].includes(name.text))
  .flatMap(({ name, members: all }) => all.filter(ts.isMethodSignature).map((member) => ({ of: name.text, member })));

/** Fields that a script writes or reads, those of nested objects too. */
function fieldsOf(node: ts.Node): ts.PropertySignature[] {
  const own = ts.isPropertySignature(node) ? [node] : [];
  return [...own, ...node.getChildren(file).flatMap(fieldsOf)];
}

describe('what the editor says of the language', () => {
  it('is about every call', () => expect(members.length).toBeGreaterThan(60));

  it.each(members.map(({ of, member }) => [`${of}.${member.name.getText(file)}`, member] as const))(
    '%s has a source and says what each parameter is',
    (_, member) => {
      const doc = docOf(member);
      expect(doc).toMatch(/Source: \S/);
      const parameters = member.parameters
        .filter(({ type }) => type !== undefined && !ts.isTypeLiteralNode(type) && !ts.isFunctionTypeNode(type))
        .filter(({ type }) => !/^(?:string|Memslot|Ioeventfd|CoalescedZone)$/.test(type!.getText(file)));
      for (const { name } of parameters) expect(doc).toContain(`\`${name.getText(file)}\``);
    },
  );

  it('is about every address, size and width', () => {
    const quantities = interfaces
      .flatMap(fieldsOf)
      .filter(({ type }) => /\b(?:Address|Size|Width|PageSize)\b/.test(type?.getText(file) ?? ''));
    expect(quantities.length).toBeGreaterThan(20);
    const without = quantities.filter((field) => !/\b(?:bytes|size|pages?)\b/i.test(docOf(field)));
    expect(without.map((field) => field.parent.parent.getText(file).slice(0, 40))).toEqual([]);
  });
});
