import { parquetWriteBuffer } from 'hyparquet-writer';
import { LONG_COLUMNS, longRows, type LongRow, type ReportDocument } from '../../core/index.ts';

const TYPES: Readonly<Partial<Record<keyof LongRow, 'DOUBLE' | 'INT64'>>> = {
  seed: 'INT64',
  value: 'DOUBLE',
  low: 'DOUBLE',
  high: 'DOUBLE',
};

/** The long form of a report (the rows of its CSV) as a Parquet file. Columns have types: 64-bit integers, doubles, UTF-8. */
export function parquetBytes(report: ReportDocument): Uint8Array {
  const rows = longRows(report);
  const columnData = LONG_COLUMNS.map((name) => {
    const type = TYPES[name] ?? ('STRING' as const);
    const data = rows.map((row) => (type === 'INT64' ? BigInt(row[name]) : row[name]));
    return { name, data, type };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
