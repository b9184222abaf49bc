// Which page this is, and what it tells.

const pages = catalog.pages.map((page) => ({
  ...page,
  elements: page.elements || {},
  pathTests: (page.paths || []).map((re) => new RegExp(re)),
  hostNames: (page.hosts || []).map((name) => catalog.site.hosts.find((h) => h.name === name)),
}));

let comments = null;
function headComments() {
  if (comments === null || document.readyState === 'loading') {
    comments = [];
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_COMMENT);
    // Page codes stand in the head, a parser may have moved them a little.
    for (let i = 0; i < 50 && walker.nextNode(); i++) comments.push(walker.currentNode.data);
  }
  return comments;
}

function messages(seen) {
  const found = [];
  for (const css of catalog.site.messages) {
    for (const el of select(seen, css)) {
      if (!visible(el) || found.some((other) => contains(other, el))) continue;
      for (let i = found.length - 1; i >= 0; i--) if (contains(el, found[i])) found.splice(i, 1);
      found.push(el);
    }
  }
  seen.told = found.map(toldBy).filter((text) => text !== '');
  // "Problematic field:" stands before what is told.
  const whole = seen.told.filter((text) => !/^[^.!?]{1,40}:$/.test(text));
  if (whole.length > 0) seen.told = whole;
  return found.map((el) => tidy(shownText(el))).filter((text) => text !== '');
}

// toldBy is a message as it is quoted: a heading and a list are told apart.
function toldBy(el) {
  if (el.querySelector('h1, h2, h3, h4, h5, h6, li, legend') === null) return tidy(shownText(el));
  const lines = shownText(el).split('\n').map(tidy).filter((line) => line !== '');
  return lines.reduce((text, line, i) => text + (i === 0 ? '' : /[.:;!?]$/.test(text) ? ' ' : i === 1 ? ': ' : '; ') + line, '');
}

function holds(seen, page, mark, memo) {
  if (mark.heading) {
    const test = testOf(mark.heading);
    return seen.headings.some((el) => displayed(el) && test(label(textOf(el, footnote)))) || seen.lines.some(test.whole);
  }
  if (mark.title) return testOf(mark.title)(normalise(document.title));
  if (mark.text) {
    if (!memo.has(mark.text)) memo.set(mark.text, compile(mark.text, true)(seen.text));
    return memo.get(mark.text);
  }
  if (mark.message) {
    const like = testOf(mark.message);
    const unlike = mark.unlike && testOf(mark.unlike);
    const says = (text) => like(text) && !(unlike && unlike(text));
    // A message can say what happened, and in another sentence what would.
    const test = (text) => (unlike ? text.split(/[.!?]\s+/).some(says) : says(text));
    return seen.headings.some((el) => displayed(el) && test(normalise(textOf(el)))) || seen.messages.some((text) => test(normalise(text)));
  }
  if (mark.path) return new RegExp(mark.path).test(location.pathname);
  if (mark.comment) return headComments().some((text) => new RegExp(mark.comment).test(text));
  if (mark.css) return select(seen, mark.css).length > 0;
  if (mark.visible) return select(seen, mark.visible).some(visible);
  if (mark.nothing) return !select(seen, mark.nothing).some(visible);
  if (mark.element) return resolve(seen, page, mark.element, memo).status === 'found';
  if (mark.table) return tableOf(seen, page, mark.table).length > 0;
  if (mark.any) return mark.any.some((m) => holds(seen, page, m, memo));
  if (mark.two) return mark.two.filter((m) => holds(seen, page, m, memo)).length >= 2;
  return false;
}

// markName says a mark in a few words, for reports.
function markName(mark) {
  const [kind, value] = Object.entries(mark)[0];
  if (kind === 'any' || kind === 'two') return kind + ' of (' + value.map(markName).join('; ') + ')';
  return kind + ' ' + (typeof value === 'string' ? value : Object.values(value).flat()[0]);
}

function onHost(page) {
  return page.hostNames.length === 0 || page.hostNames.some((h) => location.hostname === h.host || (h.subdomains && location.hostname.endsWith('.' + h.host)));
}

// bearsMarks tells whether all marks of a page are there and none that it must not have,
// wherever it stands.
function bearsMarks(seen, page) {
  const memo = new Map();
  return page.marks.every((mark) => holds(seen, page, mark, memo)) && !(page.not || []).some((mark) => holds(seen, page, mark, memo));
}

const nameOf = (page) => page.name + (page.variant ? '@' + page.variant : '');

function recognise(seen) {
  const found = [];
  let nearest = { page: '', score: 0, missing: [] };
  for (const page of pages) {
    if (!onHost(page)) continue;
    const memo = new Map();
    const misses = page.marks.filter((mark) => !holds(seen, page, mark, memo)).map(markName);
    if (page.pathTests.length > 0 && !page.pathTests.some((re) => re.test(location.pathname))) misses.push('path ' + page.paths[0]);
    const contradicted = page.not ? page.not.filter((mark) => holds(seen, page, mark, memo)).map((mark) => 'not ' + markName(mark)) : [];
    if (misses.length === 0 && contradicted.length === 0) { found.push({ page, memo }); continue; }
    const wanted = page.marks.length + page.pathTests.length;
    // Of pages that come equally close, the one that there is something to do on.
    const score = (wanted - misses.length) / (wanted + contradicted.length) + (page.kind === 'step' ? 0.01 : 0);
    if (page.kind !== 'overlay' && score > nearest.score) nearest = { page: page.name, variant: page.variant, score, missing: [...misses, ...contradicted] };
  }
  // What asks for a secret and stands where it does not belong looks right on purpose.
  const strange = found.length === 0 && pages.find((page) => page.pathTests.length > 0 && !onHost(page) && bearsMarks(seen, page));
  if (strange) nearest = { page: strange.name, variant: strange.variant, score: 1, missing: ['host'], strange: true };
  const all = found.map(({ page }) => nameOf(page));
  const overlays = found.filter(({ page }) => page.kind === 'overlay');
  let mains = found.filter(({ page }) => page.kind !== 'overlay');
  const top = Math.max(...mains.map(({ page }) => page.rank));
  mains = mains.filter(({ page }) => page.rank === top);
  // A variant says more of what it is than the page that it is a shape of.
  mains = mains.filter(({ page }) => page.variant || !mains.some((other) => other.page.name === page.name && other.page.variant));
  return { mains, overlays, nearest, all };
}

// pieces are the short texts of a page, those in its tables of data excepted:
// what a row says is about somebody, not about the page.
function pieces(seen) {
  if (seen.pieces) return seen.pieces;
  seen.pieces = [];
  const data = new Set(seen.tables.flatMap((t) => [t.el, t.body]));
  for (const root of seen.roots) {
    const walker = document.createTreeWalker(root === document ? document.body || document.documentElement : root.body || root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) => {
      if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
      return ignored.has(node.tagName) || data.has(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    });
    while (walker.nextNode()) {
      const raw = walker.currentNode.data;
      if (walker.currentNode.parentElement && raw.length <= 200 && raw.trim() !== '') seen.pieces.push(walker.currentNode);
    }
  }
  return seen.pieces;
}

// detail is the value that stands beside a label in a list, a table, or a line.
function detail(seen, texts, others) {
  const matches = testOf(texts);
  const values = new Set();
  const lines = new Set(); // "Business number 123" without anything between
  for (const node of pieces(seen)) {
    const raw = node.data;
    // "Business number: 123" in one piece.
    const colon = raw.indexOf(':');
    if (colon > 0 && matches(label(raw.slice(0, colon))) && raw.slice(colon + 1).trim() !== '') { values.add(tidy(raw.slice(colon + 1))); continue; }
    if (matches(label(raw))) {
      // The label of a field speaks of what stands in it, and of nothing beside it.
      const named = closest(node.parentElement, 'label');
      const value = named && named.control ? tidy(named.control.value || '') : valueBelow(node.parentElement) || valueAfter(node);
      if (value !== '' && !others(label(value))) { values.add(value); continue; }
    }
    const words = tidy(raw).split(' ');
    for (let i = 1; i < words.length && words.length < 16; i++) {
      if (matches(label(words.slice(0, i).join(' ')))) { lines.add(words.slice(i).join(' ')); break; }
    }
  }
  if (values.size === 0) for (const line of lines) values.add(line);
  return values.size === 1 ? [...values][0] : '';
}

// valueBelow is the value under a label that heads a column.
function valueBelow(el) {
  const cell = el.closest('th, [role=columnheader]');
  const row = cell && cell.closest('tr, [role=row]');
  if (!row || cellsOf(row).length < 2 || cellsOf(row).some((c) => !c.matches('th, [role=columnheader]'))) return '';
  const table = row.closest('table, [role=table], [role=grid]');
  const rows = table ? rowsOf(table) : [];
  const below = rows[rows.indexOf(row) + 1];
  const under = below && cellsOf(below)[cellsOf(row).indexOf(cell)];
  return under ? cellText(under) : '';
}

// valueAfter reads on from a label to the value that belongs to it.
function valueAfter(node) {
  for (let at = node, depth = 0; at && depth < 4; at = at.parentNode, depth++) {
    let text = '';
    for (let near = at.nextSibling; near; near = near.nextSibling) {
      if (near.nodeType === Node.TEXT_NODE) text += near.data;
      else if (near.nodeType === Node.ELEMENT_NODE && !ignored.has(near.tagName)) {
        if (near.tagName === 'INPUT') text += near.value;
        else text += shownText(near);
        if (text.replace(/[:\s]/g, '') !== '') break;
      }
    }
    const value = tidy(text.replace(/^[\s:]+/, ''));
    if (value !== '') return value;
    if (at.nodeType === Node.ELEMENT_NODE && at.matches('li, tr, dl, ul, table, section, p, form')) break;
  }
  return '';
}

// asked lists the texts that can be the question beside an answer field,
// most likely first.
function asked(el) {
  const out = [];
  const labels = el.labels && el.labels.length > 0 ? [...el.labels] : [];
  for (const l of labels) {
    for (const strong of l.querySelectorAll('strong, b, em, q')) out.push(textOf(strong));
    out.push(textOf(l, (node) => node !== l && badge(node)), textOf(l));
  }
  out.push(el.getAttribute('aria-label') || '', idsText(el, 'aria-labelledby'), beside(el));
  const form = owner(el) || document.body;
  for (const near of form.querySelectorAll('strong, b, q, p, legend, label, h2, h3, dd, div, span')) {
    const text = shownText(near);
    if (text.length < 400 && !holdsField(near)) out.push(text);
  }
  return [...new Set(out.map(tidy).filter((s) => s !== ''))].slice(0, 40);
}
