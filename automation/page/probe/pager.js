// The pager of a table: which rows and buttons are one, and where it leads.

// pagerText keeps the way that arrows point, which normalising loses.
const pagerText = (s) => normalise(s.replace(/[\u00bb\u203a\u2192\u25b6]/g, '>').replace(/[\u00ab\u2039\u2190\u25c0]/g, '<'));

const isNumber = (s) => /^[0-9]{1,4}$/.test(s);

// numberIn is the number of the page that words lead to; 0 for other words.
function numberIn(test, s) {
  if (isNumber(s)) return +s;
  const match = test.number.map((re) => re.exec(s)).find(Boolean);
  return match ? +match.groups.page : 0;
}

const pageOf = (test, el) => numberIn(test, pagerText(actionText(el)));

// plainIn lists the words of a part of the page that stand in nothing to press.
function plainIn(el, actions) {
  const words = [];
  (function read(node) {
    if (node.nodeType === Node.TEXT_NODE) words.push(pagerText(node.data));
    if (node.nodeType !== Node.ELEMENT_NODE || ignored.has(node.tagName) || actions.includes(node)) return;
    if (node !== el && !displayed(node) && displayed(el)) return;
    for (const child of childrenOf(node)) read(child);
  })(el);
  return words.filter((s) => s !== '');
}

// turns tells whether nothing but a pager can be what is pressed: its words are
// a number or a way to turn, and it is none of the dangerous neighbours.
const turns = (test, el) => actionNames(el).some(([, list]) => list.map(pagerText).some((s) => numberIn(test, s) > 0 || test.next(s) || test.previous(s) || test.pager(s)))
  && dangersOf(el).length === 0;

// ofPager tells whether words that cannot be pressed are those of a pager.
const ofPager = (test, s) => test.pager(s) || test.next(s) || test.previous(s) || /^[0-9.,\u2026|/()<>:\s-]+$/.test(s) || test.info.some((re) => re.test(s));

const presses = 'a, button, input[type=submit], input[type=button], input[type=image], [role=button], [role=link], [onclick]';
const fieldsCSS = 'input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=image]), select, textarea';

// pagerRow tells a row of a table that holds its pager, and nobody: one cell
// with the numbers of pages, or with the ways to turn them.
function pagerRow(table, row, test) {
  if (table.cells(row).length !== 1) return false;
  return listed(row, () => {
    const actions = [...row.querySelectorAll(presses)];
    const plain = plainIn(row, actions);
    return (actions.length > 0 || plain.some((s) => /[0-9]/.test(s))) && row.querySelector(fieldsCSS) === null && plain.every((s) => ofPager(test, s)) && actions.every((el) => turns(test, el));
  });
}

// pagerRows are the parts of a table that can hold its pager.
function pagerRows(table, test) {
  return table.rows().filter((row) => (!table.plain && within(row, table.body, 'TFOOT')) || pagerRow(table, row, test));
}

// pagerAround is the widest part of the page around a number that holds a pager
// and nothing else; null when the number is none of a pager.
function pagerAround(el, outermost, actions, test) {
  let found = null;
  for (let at = parent(el); at && contains(outermost, at); at = parent(at)) {
    const inner = actions.filter((other) => contains(at, other));
    const plain = plainIn(at, inner);
    if (at.querySelector(fieldsCSS) !== null || !plain.every((s) => ofPager(test, s)) || !inner.every((other) => turns(test, other))) break;
    found = { inner, plain };
  }
  return found && found.inner.length + found.plain.filter(isNumber).length > 1 ? found : null;
}

// numbered turns the pages of a pager that has numbers only: from the one
// that is marked as shown, or cannot be pressed, to its neighbour.
function numbered(test, numbers, plain, others, direction, off) {
  const marks = '[aria-current]:not([aria-current=false]), [aria-selected=true], .current, .active, .selected';
  const number = (el) => pageOf(test, el);
  const shown = numbers.filter((el) => el.matches(marks) || (el.parentElement && el.parentElement.tagName === 'LI' && el.parentElement.matches(marks)) || off(el));
  const at = new Set(shown.map(number));
  if (at.size === 0) for (const s of plain.filter(isNumber)) at.add(+s);
  if (at.size !== 1) return { status: 'ambiguous', candidates: numbers.slice(0, 5).map(describe) };
  const current = [...at][0];
  const target = numbers.find((el) => number(el) === current + (direction === 'next' ? 1 : -1) && !off(el));
  if (target) return { el: target };
  // Where there are many pages, dots lead on to those that have no number yet.
  const beyond = numbers.filter((el) => (direction === 'next' ? number(el) > current : number(el) < current));
  const dots = others.filter((el) => /^(\.{3}|\u2026)$/.test(pagerText(actionText(el))) && !off(el));
  const after = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const on = dots.filter((dot) => numbers.every((el) => (direction === 'next' ? after(el, dot) : after(dot, el))));
  if (on.length === 1 && beyond.length === 0) return { el: on[0] };
  return beyond.length > 0 ? { status: 'ambiguous', candidates: beyond.slice(0, 5).map(describe) } : { status: 'end' };
}

// turnIn finds the way to turn among the things that a part of the page has to
// press; null when it has none.
function turnIn(near, outermost, test, direction, off) {
  const hits = near.filter((el) => actionNames(el).some(([, list]) => list.map(pagerText).some(test[direction])));
  if (hits.length > 0) {
    // The same pager may stand above and below a table: either does.
    const live = hits.filter((el) => !off(el));
    return live.length === 0 ? { status: 'end' } : { el: live[0] };
  }
  const numbers = near.filter((el) => pageOf(test, el) > 0);
  for (const el of numbers) {
    const pager = pagerAround(el, outermost, near, test);
    if (pager) return numbered(test, pager.inner.filter((other) => numbers.includes(other)), pager.plain, pager.inner, direction, off);
  }
  if (numbers.length > 1) {
    const target = numbered(test, numbers, [], [], direction, off);
    return target.status === 'ambiguous' ? null : target;
  }
  return null;
}

const grids = 'table, [role=table], [role=grid], [role=treegrid]';

// othersIn lists the tables of data shown in a part of the page beside one's own.
// A table without heads of its columns lays something out: it owns no pager.
const othersIn = (around, own) => [...around.querySelectorAll(grids)].filter((t) => !contains(t, own) && !contains(own, t) && displayed(t)
  && !['presentation', 'none'].includes(role(t)) && [...t.querySelectorAll('th, [role=columnheader]')].some((head) => head.closest(grids) === t));

// ownerOf tells whose a pager is: 'ours'; 'theirs', when it says so, lies in
// another table or nearer to one; 'either' when another table stands between.
function ownerOf(el, own, others) {
  if (others.some((t) => contains(t, el))) return 'theirs';
  const named = (el.getAttribute('aria-controls') || '').split(/\s+/).map((id) => id && el.getRootNode().getElementById(id)).filter(Boolean);
  const names = (t) => named.some((at) => contains(at, t) || contains(t, at));
  const about = [own, ...others].filter(names);
  if (about.length > 0 && !about.includes(own)) return 'theirs';
  if (about.length === 1) return 'ours';
  const steps = (t) => { let n = 0; for (let at = parent(el); at && !contains(at, t); at = parent(at)) n++; return n; };
  const after = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  if (others.some((t) => steps(t) < steps(own))) return 'theirs';
  return others.some((t) => steps(t) === steps(own) && after(own, t) && after(t, el)) ? 'either' : 'ours';
}

function pagerOf(now, name, direction) {
  const found = tableOf(now.seen, now.page, name);
  if (found.length !== 1) return { status: found.length === 0 ? 'missing' : 'ambiguous' };
  const test = tableTests.get(keyOf(now.page, name));
  const disabled = (test.spec.disabled || []).join(', ');
  const off = (el) => !enabled(el) || (disabled && (el.matches(disabled) || (el.parentElement && el.parentElement.tagName === 'LI' && el.parentElement.matches(disabled))));
  // A row of the table itself may hold the pager.
  for (const row of pagerRows(found[0], test)) {
    const near = [...row.querySelectorAll(presses)].filter((el) => turns(test, el) && (visible(el) || !displayed(found[0].el)));
    const turn = turnIn(near, row, test, direction, off);
    if (turn) return turn;
  }
  let open = null; // a pager that may be ours, or another table's
  for (let around = parent(found[0].body), depth = 0; around && depth < 5; around = parent(around), depth++) {
    const others = othersIn(around, found[0].body).filter((t) => t !== found[0].el);
    const near = now.seen.actions.filter((el) => contains(around, el) && !inRows(found[0], el) && visible(el))
      .map((el) => [el, ownerOf(el, found[0].body, others)]).filter(([, whose]) => whose !== 'theirs');
    const turn = turnIn(near.filter(([, whose]) => whose === 'ours').map(([el]) => el), around, test, direction, off);
    if (turn) return turn;
    open = open || turnIn(near.map(([el]) => el), around, test, direction, off);
  }
  if (open && open.status !== 'end') return { status: 'ambiguous', candidates: open.el ? [describe(open.el)] : open.candidates };
  const other = otherWays(now, found[0], test, off);
  return other.length > 0 ? { status: 'ambiguous', candidates: other.map(describe) } : { status: 'none' };
}

// otherWays are what may show rows that are not shown, in ways that nobody here
// knows how to go: a list to choose a page from, or a button that brings more.
function otherWays(now, table, test, off) {
  let around = table.body;
  for (let depth = 0; depth < 5 && parent(around); depth++) around = parent(around);
  const near = (el) => contains(around, el) && !inRows(table, el) && visible(el) && ownerOf(el, table.body, othersIn(around, table.body).filter((t) => t !== table.el)) !== 'theirs';
  const lists = select(now.seen, 'select').filter((el) => countsPages(test, el));
  const buttons = now.seen.actions.filter((el) => !off(el) && dangersOf(el).length === 0 && actionNames(el).some(([, list]) => list.map(pagerText).some(test.more)));
  return [...lists, ...buttons].filter(near);
}

// countsPages tells a list of the pages of a table: 1, 2, 3.
function countsPages(test, el) {
  const says = [...el.options].map((option) => pagerText(option.text)).filter((s) => s !== '');
  return says.length > 1 && says.every((s, i) => s === String(i + 1) || (/^[a-z. ]*([0-9]+)\b/.exec(s) || [])[1] === String(i + 1));
}
