// What reports, captures and tests ask about a page.

// matches lists every page of the catalog whose rule holds, whatever its
// rank: rules that overlap are found by this before they quarrel.
function matches() {
  const seen = look();
  seen.messages = messages(seen);
  return recognise(seen).all;
}

// leaves are the signs that a mark is made of.
const leaves = (mark) => (mark.any || mark.two || [mark]).flatMap((m) => (m.any || m.two ? leaves(m) : [m]));

// personal columns of a table are about a person; the others say what all may say.
const personal = new Set(['given', 'family', 'email', 'pin']);

// inspect tells what a snapshot leaves out: every sign of the page and whether
// it holds, and what every way of every element finds. Of a page that is not
// recognised, it tells of the one that comes closest.
function inspect() {
  const seen = look();
  seen.messages = messages(seen);
  const { mains, nearest } = recognise(seen);
  const shape = mains.length === 1 ? mains[0].page : pages.find((p) => p.name === nearest.page && p.variant === nearest.variant);
  const out = { shot: snapshot(), marks: [], elements: {}, columns: {}, private: [] };
  if (!shape || mains.length > 1) return out;
  const memo = new Map();
  out.marks = shape.marks.flatMap(leaves).map((mark) => ({ mark: markName(mark), holds: holds(seen, shape, mark, memo) }));
  for (const [name, spec] of Object.entries(shape.elements)) {
    out.elements[name] = waysOf(seen, shape, spec, memo).ways.map(([way, list]) => ({ way, found: list.slice(0, 5).map(describe) }));
  }
  for (const name of Object.keys(shape.tables || {})) {
    const found = tableOf(seen, shape, name);
    if (found.length !== 1) continue;
    out.columns[name] = Object.keys(found[0].columns).sort();
    for (const row of dataRows(found[0], tableTests.get(keyOf(shape, name)))) {
      const cells = found[0].cells(row);
      for (const [column, i] of Object.entries(found[0].columns)) if (cells[i] && personal.has(column)) out.private.push(cellText(cells[i]));
    }
  }
  out.private.push(...Object.values(out.shot.details || {}), ...(out.shot.asked || []).slice(0, 1));
  out.private = [...new Set(out.private.filter((value) => value !== ''))];
  return out;
}

// about tells what a page, or a dialog over it, says around an element: whom a
// question is about stands somewhere near its button.
function about({ page: name, element }) {
  const now = again(name);
  if (!now) return fail('moved', element);
  const found = resolve(now.seen, now.page, element, now.memo);
  if (found.status !== 'found') return fail(found.status, element, { candidates: found.candidates });
  const { inside } = now.page.elements[element];
  let around = null;
  for (let at = found.el; inside && at; at = parent(at)) if (at.matches(inside)) around = at;
  around = around || closest(found.el, 'main, [role=main]') || found.el.ownerDocument.body;
  const values = [...around.querySelectorAll('input')].filter((el) => typed.has(el.type)).map((el) => el.value);
  return { ok: true, text: tidy([shownText(around), ...values].join(' ')) };
}

// located returns the elements of the page that is shown, by name: for tests,
// which know a thing from its likes by other means.
function located() {
  const seen = look();
  seen.messages = messages(seen);
  const { mains } = recognise(seen);
  if (mains.length !== 1) return {};
  const { page, memo } = mains[0];
  return Object.fromEntries(Object.keys(page.elements).map((name) => [name, resolve(seen, page, name, memo).el]).filter(([, el]) => el));
}
