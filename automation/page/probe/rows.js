// The rows of a table.

function rowAction(now, name, row) {
  const found = tableOf(now.seen, now.page, name);
  if (found.length !== 1) return { status: found.length === 0 ? 'missing' : 'ambiguous' };
  const test = tableTests.get(keyOf(now.page, name));
  const data = dataRows(found[0], test).filter((other) => !idle(found[0].cells(other), test));
  if (!data[row.index]) return { status: 'moved' };
  const cells = found[0].cells(data[row.index]);
  if (cells.length !== found[0].headers.length) return { status: 'odd row' };
  const texts = Object.fromEntries(Object.entries(found[0].columns).map(([column, i]) => [column, valueIn(test, column, cells[i])]));
  if (['given', 'family', 'email'].some((column) => column in row && (texts[column] || '') !== row[column])) return { status: 'moved' };
  // Where no column says so, the button or link itself must.
  const place = 'delete' in found[0].columns ? cells[found[0].columns.delete] : data[row.index];
  const actions = innermost(pressedWithin(place)
    .filter((el) => visible(el) && ('delete' in found[0].columns || dangersOf(el).includes('delete'))));
  if (actions.length !== 1) return { status: actions.length === 0 ? 'missing' : 'ambiguous', candidates: actions.map(describe) };
  return { el: actions[0] };
}

// pressedWithin lists what can be pressed in a cell, also inside web components.
function pressedWithin(el) {
  const found = [];
  (function visit(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches('a, button, input[type=submit], input[type=button], [role=button], [role=link]')) found.push(node);
    for (const child of childrenOf(node)) visit(child);
  })(el);
  return found;
}

// idle rows hold nobody: what says that there are no rows is none, nor is what
// keeps them apart.
const idle = (cells, test) => cells.length === 1 && (cellText(cells[0]) === '' || test.empty(normalise(cellText(cells[0]))) || test.idle(normalise(cellText(cells[0]))));

// dataRows are the rows that can hold somebody.
function dataRows(table, test) {
  return table.rows().filter((row) => !table.over.includes(row) && !pagerRow(table, row, test) && (table.plain || !within(row, table.body, 'THEAD', 'TFOOT'))
    && row.getAttribute('aria-hidden') !== 'true' && (table.plain || row.cells === undefined || row.cells.length === 0 ? table.cells(row).length > 0 : true));
}

// filling tells that rows are still to come. What says so stands before or behind
// those that are there, or near a table that has none.
const filling = (table, rows, test) => table.body.closest('[aria-busy=true]') !== null || [...rows.slice(0, 1), ...rows.slice(-1)].some((row) => {
  const cells = table.cells(row);
  return cells.length === 1 && table.headers.length > 1 && !idle(cells, test);
}) || loading(table, rows, test);

// loading tells that it is said in words: in the only row, or near a table without any.
const loading = (table, rows, test) => (rows.length === 0 ? displayed(table.el) && loadingNear(table.body, test)
  : rows.length === 1 && table.headers.length > 1 && table.cells(rows[0]).length === 1 && test.loading(normalise(cellText(table.cells(rows[0])[0]))));

// loadingNear tells that something is being loaded in the part of the page in which a
// table stands.
function loadingNear(el, test) {
  if (el.tagName !== 'TABLE' && shownText(el).split('\n').some((line) => test.loading(normalise(line)))) return true;
  for (let around = parent(el), depth = 0; around && depth < 3 && !around.matches('main, body, [role=main]'); around = parent(around), depth++) {
    if (shownText(around).split('\n').some((line) => test.loading(normalise(line)))) return true;
  }
  return false;
}

// goesOn tells that the cell behind one of a single word holds a word as well, under no
// header of its own: both may be one value.
function goesOn(table, cells, at) {
  const next = cells[at + 1];
  return next !== undefined && table.headers[at + 1] === '' && pressedWithin(next).length === 0 && /^[\p{L}\p{N}]+$/u.test(cellText(next));
}

function readTable({ page: name, table }) {
  const now = again(name);
  if (!now) return fail('moved', table);
  const found = tableOf(now.seen, now.page, table);
  if (found.length === 0 && tableState(now.seen, now.page)[table].none) return { ok: true, rows: [], columns: [], state: 'none', next: 'none', previous: 'none' };
  if (found.length !== 1) return fail(found.length === 0 ? 'missing' : 'ambiguous', table, { candidates: found.map((t) => describe(t.el)) });
  const test = tableTests.get(keyOf(now.page, table));
  const rows = [];
  for (const row of dataRows(found[0], test)) {
    const cells = found[0].cells(row);
    if (idle(cells, test)) continue;
    if (cells.length === 1 || cells.length !== found[0].headers.length) return fail('odd row', table, { candidates: [cells.length + ' cells under ' + found[0].headers.length + ' headers'] });
    const texts = Object.entries(found[0].columns).map(([column, i]) => [column, valueIn(test, column, cells[i])]);
    const covered = texts.find(([column, text]) => veiled(test, column, text));
    if (covered) return fail('masked', covered[0]);
    const halved = texts.find(([column, text]) => text !== '' && oneWord(test, column) && goesOn(found[0], cells, found[0].columns[column]));
    if (halved) return fail('disagree', table, { candidates: [`${halved[0]} in two cells`] });
    rows.push(Object.fromEntries(texts));
  }
  const out = { ok: true, rows, columns: Object.keys(found[0].columns), state: tableState(now.seen, now.page)[table].state };
  out.next = (({ el, status }) => (el ? 'more' : status))(pagerOf(now, table, 'next'));
  out.previous = (({ el, status }) => (el ? 'more' : status))(pagerOf(now, table, 'previous'));
  const told = [...pagerRows(found[0], test), ...(found[0].el.tagName === 'TABLE' ? [] : found[0].outside)].map((part) => normalise(textOf(part)));
  // A grid that draws only some of its rows says how many there are, those of its heads
  // among them.
  const all = Number(found[0].el.getAttribute('aria-rowcount'));
  if (all > 0) out.least = all - found[0].over.length;
  const boxed = []; // with what stands in one box with another table
  let others = [];
  // Pages are counted beside the table; further off, what is counted is not it.
  const nearby = told.length + 2;
  for (let around = parent(found[0].body), depth = 0; around && depth < 4; around = parent(around), depth++) {
    others = othersIn(around, found[0].body).filter((t) => t !== found[0].el);
    const tables = (node) => node === found[0].el || node === found[0].body || others.includes(node);
    told.push(normalise(textOf(around, (node) => tables(node) || (!contains(node, found[0].body) && others.some((t) => contains(node, t))))));
    if (others.length > 0) boxed.push(normalise(textOf(around, tables)));
  }
  const numbersOf = (tests, texts) => texts.flatMap((text) => tests.flatMap((re) => [...text.matchAll(new RegExp(re, 'g'))])).map(({ groups }) => groups);
  // Such a box tells of the other table, if it tells as many rows as that shows.
  const rowsIn = (t) => rowsOf(t).filter((row) => row.querySelector('td, [role=cell], [role=gridcell]') !== null && displayed(row)).length;
  const ofOther = (numbers) => others.some((t) => rowsIn(t) === numbers.last - (numbers.first || 1) + 1);
  const info = numbersOf(test.info, told)[0] || numbersOf(test.info, boxed).find((numbers) => !ofOther(numbers));
  if (info) out.info = { first: +(info.first || 1), last: +info.last, total: +info.total };
  const count = numbersOf(test.count, told.slice(0, nearby))[0];
  if (count) out.count = { page: +count.page, pages: +count.pages };
  return out;
}
