// Tables, whatever they are made of, by the texts of their headers.

const tableTags = (el) => el.tagName === 'TABLE' || ['table', 'grid', 'treegrid'].includes(role(el));
const rowsOf = (el) => listed(el, () => [...el.querySelectorAll('tr, [role=row]')].filter((row) => row.closest('table, [role=table], [role=grid], [role=treegrid]') === el));
// A plain row's cells are all that it has; any other row's are looked for.
const cellsOf = (row) => (row.cells && row.cells.length === row.childElementCount && row.cells.length > 0 ? [...row.cells] : cellsWithin(row));
const cellsWithin = (row) => [...row.querySelectorAll('td, th, [role=cell], [role=gridcell], [role=columnheader], [role=rowheader]')]
  .filter((cell) => cell.closest('tr, [role=row]') === row);

// within tells whether a part of a table lies in a section of it.
function within(part, table, ...sections) {
  for (let at = part.parentElement; at && at !== table; at = at.parentElement) if (sections.includes(at.tagName)) return true;
  return false;
}

const cellNoise = catalog.site.hiddenInCells.join(', ');

// hiddenIn tells whether a part of a cell is not for reading. The cell
// itself may lie in a closed toggle, so only the part's own style counts.
function hiddenIn(cell, node) {
  if (node === cell) return false;
  if (cellNoise && node.matches(cellNoise)) return true;
  const style = getComputedStyle(node);
  if (style.display === 'none' || style.visibility === 'hidden' || clippedAway(style)) return true;
  return style.position === 'absolute' && (parseFloat(style.left) < -500 || parseFloat(style.top) < -500 || (style.width === '1px' && style.overflow === 'hidden'));
}

// valueIn is what a cell says of its column. A dash can be a name, and can
// say that there is none.
function valueIn(test, column, cell) {
  let text = cell ? cellText(cell) : '';
  if (oneWord(test, column) && /\s/.test(text)) text = wordIn(test, cell) || text;
  const none = /^[-\u2010-\u2015\u2212]+$/.test(text) || test.nothing(normalise(text));
  return none && (test.spec.blank || []).includes(column) ? '' : text;
}

const oneWord = (test, column) => (test.spec.word || []).includes(column);

// wordIn is the word in a cell that has links beside it; nothing when it is not
// sure which is which.
function wordIn(test, cell) {
  const says = (el) => normalise(tidy(textOf(el, (node) => hiddenIn(cell, node))));
  const links = [...cell.querySelectorAll('a, [role=link]')].filter((el) => test.beside(says(el)) || test.veil(says(el)));
  const text = tidy(textOf(cell, (node) => hiddenIn(cell, node) || buttonIn(cell, node) || links.includes(node)));
  if (text === '') return inputIn(cell);
  return /\s/.test(text) ? '' : text;
}

// veiled tells a value that is not shown until something is pressed.
const veiled = (test, column, text) => masked(text) || (oneWord(test, column) && test.veil(normalise(text)));

// masked tells a value that stands behind dots until a button is pressed.
const masked = (text) => /^[\u2022\u25cf\u25cb\u2219\u00b7\u2217*\s]+$/.test(text) && text.trim() !== '';

const buttonIn = (cell, node) => node !== cell && (node.tagName === 'BUTTON' || role(node) === 'button');

// cellText is what a cell says: without the buttons in it, unless they are
// all that it holds.
function cellText(cell) {
  if (cell.childElementCount === 0 && cell.firstChild !== null) return tidy(cell.textContent);
  const hidden = (node) => hiddenIn(cell, node);
  const text = tidy(textOf(cell, (node) => hidden(node) || buttonIn(cell, node))) || tidy(textOf(cell, hidden));
  return text === '' ? inputIn(cell) : text;
}

// inputIn is what the one field of a cell holds.
function inputIn(cell) {
  const inputs = [...cell.querySelectorAll('input, output')].filter((el) => el.type !== 'hidden');
  return inputs.length === 1 ? tidy(inputs[0].value || '') : '';
}

const tableTests = new Map();
const keyOf = (page, name) => page.name + '@' + (page.variant || '') + '/' + name;
for (const page of catalog.pages) {
  for (const [name, spec] of Object.entries(page.tables || {})) {
    tableTests.set(keyOf(page, name), {
      spec,
      columns: Object.entries(spec.columns).map(([column, texts]) => [column, compile(texts)]),
      nothing: compile(spec.nothing),
      beside: compile(spec.beside),
      veil: compile(spec.veil),
      empty: compile(spec.empty),
      idle: compile(spec.idle),
      loading: compile(spec.loading),
      next: compile(spec.next),
      previous: compile(spec.previous),
      pager: compile(spec.pager),
      more: compile(spec.more),
      number: (spec.number || []).map((re) => new RegExp(re.replaceAll('(?P<', '(?<'))),
      info: (spec.info || []).map((re) => new RegExp(re.replaceAll('(?P<', '(?<'))),
      count: (spec.count || []).map((re) => new RegExp(re.replaceAll('(?P<', '(?<'))),
    });
  }
}

// columnsOf finds the catalog's columns in a row of header texts; null when
// a required one is missing or one stands there twice.
function columnsOf(test, headers) {
  const at = {};
  for (const [column, matches] of test.columns) {
    const where = headers.flatMap((text, i) => (matches(text) ? [i] : []));
    if (where.length > 1) return null;
    if (where.length === 1) at[column] = where[0];
  }
  return (test.spec.required || []).every((column) => column in at) ? at : null;
}

// headText is what a cell calls its column.
function headText(cell) {
  const text = cell.querySelector('sup') === null ? '' : tidy(textOf(cell, (node) => hiddenIn(cell, node) || buttonIn(cell, node) || footnote(node)));
  return label(text || cellText(cell));
}

function headersOf(row, cells) {
  const headers = [];
  for (const cell of cells(row)) {
    headers.push(headText(cell));
    for (let i = 1; i < (cell.colSpan || 1); i++) headers.push('');
  }
  return headers;
}

// headerGrid reads several header rows as one: each column is called by the
// lowest text over it.
function headerGrid(rows) {
  const grid = rows.map(() => []);
  rows.forEach((row, y) => {
    let x = 0;
    for (const cell of cellsOf(row)) {
      while (grid[y][x] !== undefined) x++;
      const text = headText(cell);
      for (let dy = 0; dy < (cell.rowSpan || 1) && y + dy < rows.length; dy++) {
        for (let dx = 0; dx < (cell.colSpan || 1); dx++) grid[y + dy][x + dx] = dx === 0 ? text : '';
      }
      x += cell.colSpan || 1;
    }
  });
  const width = Math.max(...grid.map((line) => line.length));
  return Array.from({ length: width }, (_, x) => grid.map((line) => line[x] || '').filter((text) => text !== '').pop() || '');
}

// leading is how many rows a table may have over its headers: a title, groups.
const leading = 3;

// apartIn lists the parts of a table that hold none of its rows: what grids of scripts
// say and offer below their rows is part of them.
function apartIn(el) {
  if (el.tagName === 'TABLE') return [...el.querySelectorAll('caption, thead')];
  const found = [];
  (function visit(node) {
    for (const child of node.children) {
      if (child.matches('tr, [role=row]')) continue;
      if (child.querySelector('tr, [role=row]') !== null) visit(child);
      else found.push(child);
    }
  })(el);
  return found;
}

// bodyOf is the table that holds the rows of one that has heads alone: some grids keep
// their heads in place while the rows move, and lay them out as two tables.
function bodyOf(el, heads, width) {
  if (rowsOf(el).some((row) => !heads.includes(row))) return null;
  for (let around = el.parentElement, depth = 0; around && depth < 4; around = around.parentElement, depth++) {
    const others = [...around.querySelectorAll(grids)].filter((t) => t !== el && !contains(t, el) && t.parentElement.closest(grids) === null);
    if (others.length === 0) continue;
    const [body] = others;
    const rows = rowsOf(body).map((row) => cellsOf(row));
    const fits = others.length === 1 && (el.compareDocumentPosition(body) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && body.querySelector('th, [role=columnheader]') === null
      && displayed(body) === displayed(el) && rows.some((cells) => cells.length === width) && rows.every((cells) => cells.length === width || cells.length === 1);
    return fits ? body : null;
  }
  return null;
}

// inRows tells what lies among the rows of a table, and not apart in it.
const inRows = (table, el) => contains(table.body, el) && (table.body !== table.el || table.el.tagName === 'TABLE' || !table.outside.some((part) => contains(part, el)));

// dataTable describes a table whose headers the catalog knows, with the
// parts of it that are not rows of data; null for any other element.
function dataTable(el) {
  const plain = !tableTags(el);
  if (plain && cardLike(el)) return cardsOf(el);
  if (plain && !gridLike(el)) return null;
  const all = plain ? [...el.children] : rowsOf(el);
  const cells = plain ? (row) => [...row.children] : cellsOf;
  // Only what can be a head is looked into: a table may have thousands of rows.
  const rows = [];
  for (let i = 0; i < all.length && rows.length < leading; i++) if (cells(all[i]).length > 0) rows.push(all[i]);
  if (rows.length === 0) return null;
  const heads = plain ? [] : all.filter((row) => within(row, el, 'THEAD') && cells(row).length > 0);
  const ways = rows.slice(0, plain ? 1 : leading).map((row, i) => ({ headers: headersOf(row, cells), over: rows.slice(0, i + 1) }));
  if (heads.length > 1) ways.push({ headers: headerGrid(heads), over: heads });
  for (const { headers, over } of ways) {
    for (const [key, test] of tableTests) {
      const columns = columnsOf(test, headers);
      if (!columns) continue;
      const body = (!plain && bodyOf(el, all.slice(0, all.indexOf(over[over.length - 1]) + 1), headers.length)) || el;
      return { el, body, key, columns, headers, over, plain, rows: () => (plain ? [...el.children] : rowsOf(body)), cells, outside: plain ? [] : apartIn(el) };
    }
  }
  return null;
}

const boxes = new Set(['DIV', 'SECTION', 'ARTICLE', 'UL', 'OL', 'MAIN']);

// cardLike tells boxes of which each holds one list of terms: a table that
// shows each of its rows as a card.
function cardLike(el) {
  return boxes.has(el.tagName) && el.firstElementChild !== null && el.querySelector('dl') !== null
    && [...el.children].every((card) => (card.tagName === 'DL' ? card.querySelector('dl') === null : card.querySelectorAll('dl').length === 1));
}

const listOf = (card) => (card.tagName === 'DL' ? card : card.querySelector('dl'));
const termsOf = (card) => [...listOf(card).querySelectorAll('dt')];
const valuesOf = (card) => [...listOf(card).querySelectorAll('dd')];

// cardsOf describes cards as the table that they are: the terms are its
// headers, and must be the same on every card.
function cardsOf(el) {
  const cards = () => [...el.children];
  const headers = termsOf(el.firstElementChild).map(headText);
  const alike = cards().every((card) => termsOf(card).length === valuesOf(card).length
    && termsOf(card).length === headers.length && termsOf(card).every((term, i) => headText(term) === headers[i]));
  if (!alike) return null;
  for (const [key, test] of tableTests) {
    const columns = columnsOf(test, headers);
    if (columns) return { el, body: el, key, columns, headers, over: [], plain: true, rows: cards, cells: valuesOf, outside: [] };
  }
  return null;
}

// gridLike tells boxes that are laid out as rows of cells, without saying so
// to a screen reader.
function gridLike(el) {
  const first = el.firstElementChild;
  return (el.tagName === 'DIV' || el.tagName === 'SECTION' || el.tagName === 'UL' || el.tagName === 'OL')
    && first !== null && first.childElementCount >= 3 && first.childElementCount <= 20 && !tableTags(first) && first.textContent.length < 400
    && [...el.children].every((row) => row.childElementCount === first.childElementCount || row.childElementCount <= 1);
}

// copies are hidden tables that said the same as the one shown. They stay what they
// were when the one shown turns its pages.
const copies = new WeakSet();

const tableOf = (seen, page, name) => {
  const test = tableTests.get(keyOf(page, name));
  const found = seen.tables.map((t) => ({ ...t, columns: columnsOf(test, t.headers) })).filter((t) => t.columns);
  if (found.length < 2) return found;
  // A hidden copy, as for printing, that says the same as the table shown is
  // no second table.
  const shown = found.filter((t) => displayed(t.el)).map((t) => tidy(t.body.textContent));
  for (const t of found) {
    if (displayed(t.el)) copies.delete(t.el);
    else if (shown.includes(tidy(t.body.textContent))) copies.add(t.el);
  }
  return found.filter((t) => shown.length === 0 || !copies.has(t.el));
};
