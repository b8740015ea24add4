/**
 * Formats rows of cells as columns for a terminal. The first row is the header. Columns whose other cells are all numbers,
 * empty or dashes are right-aligned.
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const column = (index: number) => rows.map((row) => row[index] ?? '');
  const layout = Array.from({ length: columns }, (_, index) => ({
    width: Math.max(...column(index).map((cell) => cell.length)),
    numeric: column(index)
      .slice(1)
      .every((cell) => /^[-+]?[\d.,]*\S{0,2}$/.test(cell)),
  }));
  const line = (row: readonly string[]) =>
    layout
      .map(({ width, numeric }, index) =>
        numeric ? (row[index] ?? '').padStart(width) : (row[index] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
