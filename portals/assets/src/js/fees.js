// In the table of a fee grid, up and down go to the same column of the next row, as in a spreadsheet.
document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const input = event.target;
  if (!step || event.altKey || event.ctrlKey || event.metaKey || !input.matches?.("[data-fee-editor] input")) return;
  const cell = input.closest("td");
  const rows = [...cell.closest("tbody").rows];
  const next = rows[rows.indexOf(cell.parentElement) + step];
  const other = next?.cells[cell.cellIndex]?.querySelector("input");
  if (!other) return;
  event.preventDefault();
  other.focus();
  other.select();
});
