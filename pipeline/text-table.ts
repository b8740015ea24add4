/**
 * Lays out rows of cells as columns for a terminal, the first row being the head. Columns of which every cell below
 * the head is a number (or empty, or a dash) are aligned to the right.
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
