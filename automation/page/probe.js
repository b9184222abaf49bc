// The probe: the part of irccpin that lives inside the page.
//
// It is installed once per tab, in an isolated world that the page's own
// scripts can neither see nor change. It evaluates the catalog, watches the
// document, and announces "this is page P, with these elements, these
// messages" whenever that changes. When it is told to act it looks again,
// checks everything a last time in the same breath, and only then acts, so
// that nothing can be swapped between the check and the act.
//
// Called with the catalog and the name of the binding to announce on.
(function (catalog, binding) {
  'use strict';
  // Only the top document is driven. Same-origin frames are read from here;
  // foreign frames are never touched.
  if (window !== window.top || globalThis.irccpin) return;
  // Elsewhere (at a bank, where a person signs in) nothing is even looked at. An
  // empty window has no host, and the page that opened it can write into it.
  const atHome = (host) => host === '' || catalog.site.hosts.some((h) => host === h.host || (h.subdomains && host.endsWith('.' + h.host)));
  if (!atHome(location.hostname)) return;

  // ---------------------------------------------------------------- text

  const folds = {
    '\u2018': "'", '\u2019': "'", '\u201a': "'", '\u201b': "'", '`': "'", '\u00b4': "'", '\u2032': "'",
    '\u201c': '"', '\u201d': '"', '\u201e': '"', '\u00ab': '"', '\u00bb': '"', '\u2033': '"',
    '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2212': '-',
    '\u0153': 'oe', '\u0152': 'oe', '\u00e6': 'ae', '\u00c6': 'ae',
  };
  const foldable = new RegExp('[' + Object.keys(folds).join('') + ']', 'g');

  const ascii = /^[\x00-\x7f]*$/;

  // normalise mirrors selectors.Normalise. Most texts are plain letters, for
  // which a part of it does; of the others only a sigma is written small by
  // what stands beside it.
  function normalise(s) {
    if (ascii.test(s)) return s.replaceAll('`', "'").toLowerCase().replace(/\s+/g, ' ').trim();
    const folded = s.normalize('NFKD').replace(/[\p{Mn}\p{Cf}]/gu, '').replace(foldable, (c) => folds[c]);
    const small = folded.includes('\u03a3') ? folded.replace(/./gsu, (c) => c.toLowerCase()) : folded.toLowerCase();
    return small.replace(/[\s\u0085]+/g, ' ').trim();
  }

  const noise = catalog.site.labelNoise.map((re) => new RegExp(re, 'g'));

  // labels remembers what label made of a text: the same few texts are asked
  // about for every element of every page of the catalog.
  const labels = new Map();
  const mostLabels = 2000;

  // label is a text without the marks that forms hang on their labels.
  function label(s) {
    let text = labels.get(s);
    if (text === undefined) {
      text = bare(s);
      if (labels.size >= mostLabels) labels.clear();
      labels.set(s, text);
    }
    return text;
  }

  function bare(s) {
    let text = normalise(s);
    for (let before = null; before !== text;) {
      before = text;
      for (const re of noise) text = text.replace(re, '').trim();
    }
    return text;
  }

  // compile turns the catalog's wordings of all languages into one test.
  function compile(texts, contained) {
    const exact = [];
    const patterns = [];
    for (const list of Object.values(texts || {})) {
      for (const wording of list) {
        if (wording.startsWith('~')) patterns.push(new RegExp(wording.slice(1)));
        else exact.push(normalise(wording));
      }
    }
    const test = (s) => s !== '' && (exact.some((w) => (contained ? s.includes(w) : s === w)) || patterns.some((p) => p.test(s)));
    // whole asks the same of a line of text that is no heading by its markup:
    // only wordings that say how a line begins may match it.
    const firm = patterns.filter((p) => p.source.startsWith('^'));
    test.whole = (s) => exact.includes(s) || firm.some((p) => p.test(s));
    return test;
  }

  // ------------------------------------------------------------ document

  const ignored = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'META', 'LINK', 'OBJECT', 'EMBED']);
  const inline = new Set(['A', 'ABBR', 'B', 'BDI', 'BDO', 'CITE', 'CODE', 'EM', 'FONT', 'I', 'KBD', 'LABEL', 'MARK', 'Q', 'S', 'SAMP',
    'SMALL', 'SPAN', 'STRONG', 'SUB', 'SUP', 'TIME', 'U', 'VAR', 'WBR']);
  const typed = new Set(['text', 'email', 'tel', 'search', 'url', 'number', 'password']);

  const role = (el) => (el.getAttribute('role') || '').trim().toLowerCase().split(/\s+/)[0];

  function displayed(el) {
    if (!el.isConnected || !el.checkVisibility({ visibilityProperty: true })) return false;
    const frame = el.ownerDocument.defaultView && el.ownerDocument.defaultView.frameElement;
    return !frame || displayed(frame);
  }

  // What is on display can still be out of everybody's sight: pages park
  // fields that only robots fill beyond the edge, or clip them away.
  let sights = new WeakMap();
  // What elements are called, for as long as nothing can have changed.
  let calls = new WeakMap();
  // The rows of tables, likewise: there may be thousands.
  let lists = new WeakMap();

  // afresh forgets what was seen: from here on everything is looked at again.
  function afresh() {
    sights = new WeakMap();
    calls = new WeakMap();
    lists = new WeakMap();
  }

  function listed(el, ask) {
    if (!lists.has(el)) lists.set(el, ask());
    return lists.get(el);
  }

  function called(el, ask) {
    if (!calls.has(el)) calls.set(el, ask(el));
    return calls.get(el);
  }

  function visible(el) {
    if (!sights.has(el)) sights.set(el, displayed(el) && reachable(el));
    return sights.get(el);
  }

  // least is the side, in pixels, below which nobody sees a thing; texts for
  // screen readers are usually one pixel large.
  const least = 2;

  function reachable(el) {
    if (!el.checkVisibility({ opacityProperty: true })) return false;
    const box = el.getBoundingClientRect();
    if (box.width < least || box.height < least) return false;
    // Where the box lies once everything around it is scrolled back.
    let right = box.right;
    let bottom = box.bottom;
    for (let at = el; at; at = parent(at)) {
      if (at.inert) return false;
      const style = getComputedStyle(at);
      if (clippedAway(style)) return false;
      if (at !== el && style.display !== 'contents' && style.overflow !== 'visible' && (at.offsetWidth < least || at.offsetHeight < least) && at.offsetWidth + at.offsetHeight > 0) return false;
      if (at !== el && style.overflow === 'hidden' && at.getClientRects().length > 0 && (at.clientWidth < least || at.clientHeight < least) && style.display !== 'inline') return false;
      if (at !== el && at !== at.ownerDocument.scrollingElement) {
        right += at.scrollLeft;
        bottom += at.scrollTop;
      }
      if (style.position === 'fixed') return right > 0 && bottom > 0;
    }
    const scrolled = el.ownerDocument.scrollingElement;
    return right + (scrolled ? scrolled.scrollLeft : 0) > 0 && bottom + (scrolled ? scrolled.scrollTop : 0) > 0;
  }

  function clippedAway(style) {
    const inset = /^inset\(([\d.]+)%/.exec(style.clipPath);
    if (inset && +inset[1] >= 50) return true;
    if (style.clip === 'auto' || (style.position !== 'absolute' && style.position !== 'fixed')) return false;
    const sides = (style.clip.match(/-?[\d.]+/g) || []).map(Number);
    return sides.length === 4 && (sides[1] - sides[3] < least || sides[2] - sides[0] < least);
  }

  const parent = (el) => el.parentElement || (el.getRootNode() instanceof ShadowRoot ? el.getRootNode().host : null);

  function closest(el, css) {
    for (let at = el; at; at = parent(at)) if (at.matches(css)) return at;
    return null;
  }

  function contains(outer, inner) {
    for (let at = inner; at; at = parent(at)) if (at === outer) return true;
    return false;
  }

  function childrenOf(node) {
    if (node.shadowRoot) return [...node.shadowRoot.childNodes, ...node.childNodes];
    if (node.tagName === 'IFRAME') {
      try {
        return node.contentDocument && node.contentDocument.body ? [node.contentDocument.body] : [];
      } catch { return []; }
    }
    return node.childNodes;
  }

  // textOf reads what a person sees of an element.
  function textOf(el, skip) {
    let out = '';
    (function read(node) {
      if (node.nodeType === Node.TEXT_NODE) { out += node.data; return; }
      if (node.nodeType !== Node.ELEMENT_NODE || ignored.has(node.tagName)) return;
      if (skip && skip(node)) return;
      if (node.tagName === 'BR') { out += '\n'; return; }
      if (node.tagName === 'IMG') { out += node.alt || ''; return; }
      const block = !inline.has(node.tagName);
      if (block) out += '\n';
      for (const child of childrenOf(node)) read(child);
      if (block) out += '\n';
    })(el);
    return out;
  }

  const shownText = (el) => textOf(el, (node) => node !== el && !displayed(node));
  const tidy = (s) => s.replace(/\p{Cf}/gu, '').replace(/\s+/g, ' ').trim();

  const watched = new WeakSet();
  let observer = null;

  function watch(root) {
    if (watched.has(root)) return;
    watched.add(root);
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    const listening = root.defaultView || root;
    for (const type of ['load', 'toggle', 'transitionend', 'animationend', 'change', 'input']) {
      listening.addEventListener(type, changed, { capture: true, passive: true });
    }
    if (root.defaultView) guardWindow(root.defaultView);
  }

  // look gathers, in one walk, everything that the catalog can ask about.
  function look() {
    const seen = { fields: [], actions: [], headings: [], tables: [], roots: [document], text: '' };
    let text = '';
    afresh();
    watch(document);
    (function visit(node) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data.trim() !== '' && node.parentElement && displayed(node.parentElement)) text += node.data;
        else text += ' ';
        return;
      }
      if (node.nodeType !== Node.ELEMENT_NODE || ignored.has(node.tagName)) return;
      const block = !inline.has(node.tagName);
      if (block) text += '\n';
      sort(node, seen);
      if (node.shadowRoot) {
        watch(node.shadowRoot);
        seen.roots.push(node.shadowRoot);
      }
      let inner = childrenOf(node);
      if (node.tagName === 'IFRAME' && inner.length > 0) {
        watch(node.contentDocument);
        seen.roots.push(node.contentDocument);
      }
      const data = dataTable(node);
      if (data) {
        seen.tables.push(data);
        // Rows are read when they are asked for: a table of thousands must not
        // be walked at every change of the page.
        inner = data.outside;
      }
      for (const child of inner) visit(child);
      if (block) text += '\n';
    })(document.documentElement);
    seen.text = normalise(text);
    seen.lines = [...new Set(text.split('\n').filter((l) => l.trim() !== '' && l.length < 160).map(label))];
    return seen;
  }

  function sort(el, seen) {
    const is = role(el);
    switch (el.tagName) {
      case 'INPUT':
        if (typed.has(el.type) || el.type === 'checkbox') seen.fields.push(el);
        else if (el.type === 'submit' || el.type === 'button' || el.type === 'image' || el.type === 'reset') seen.actions.push(el);
        return;
      case 'TEXTAREA':
        seen.fields.push(el);
        return;
      case 'BUTTON': case 'SUMMARY':
        seen.actions.push(el);
        return;
      case 'A':
        if (el.hasAttribute('href') || el.hasAttribute('onclick') || is === 'button' || is === 'link' || el.tabIndex >= 0) seen.actions.push(el);
        return;
      case 'H1': case 'H2': case 'H3': case 'H4': case 'H5': case 'H6': case 'LEGEND':
        seen.headings.push(el);
        return;
    }
    if (pressable.has(is)) seen.actions.push(el);
    else if (is === 'heading') seen.headings.push(el);
    else if (is === 'checkbox' || is === 'switch' || (is === 'textbox' && el.isContentEditable)) seen.fields.push(el);
    else if (is === '' && pressedByScript(el)) seen.actions.push(el);
  }

  const pressable = new Set(['button', 'link', 'tab', 'menuitem', 'treeitem', 'option']);
  const interactive = 'a[href], button, input, select, textarea, summary, [role=button], [role=link], [onclick], [tabindex]';

  // pressedByScript tells an element that nothing but its behaviour makes a
  // button: short, with nothing else to press inside.
  function pressedByScript(el) {
    return (el.hasAttribute('onclick') || (el.hasAttribute('tabindex') && el.tabIndex >= 0))
      && el.textContent.length < 120 && el.querySelector(interactive) === null;
  }

  function select(seen, css) {
    const found = [];
    for (const root of seen.roots) found.push(...root.querySelectorAll(css));
    return found;
  }

  // ------------------------------------------------------------- tables

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
  function valueIn(spec, column, cell) {
    const text = cell ? cellText(cell) : '';
    return (spec.blank || []).includes(column) && /^[-\u2010-\u2015\u2212]+$/.test(text) ? '' : text;
  }

  // masked tells a value that stands behind dots until a button is pressed.
  const masked = (text) => /^[\u2022\u25cf\u25cb\u2219\u00b7\u2217*\s]+$/.test(text) && text.trim() !== '';

  const buttonIn = (cell, node) => node !== cell && (node.tagName === 'BUTTON' || role(node) === 'button');

  // cellText is what a cell says: without the buttons in it, unless they are
  // all that it holds.
  function cellText(cell) {
    if (cell.childElementCount === 0 && cell.firstChild !== null) return tidy(cell.textContent);
    const hidden = (node) => hiddenIn(cell, node);
    const text = tidy(textOf(cell, (node) => hidden(node) || buttonIn(cell, node))) || tidy(textOf(cell, hidden));
    if (text !== '') return text;
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
        empty: compile(spec.empty),
        next: compile(spec.next),
        previous: compile(spec.previous),
        pager: compile(spec.pager),
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

  function headersOf(row, cells) {
    const headers = [];
    for (const cell of cells(row)) {
      headers.push(label(cellText(cell)));
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
        const text = label(cellText(cell));
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
        if (columns) return { el, key, columns, headers, over, plain, rows: () => (plain ? [...el.children] : rowsOf(el)), cells, outside: plain ? [] : [...el.querySelectorAll('caption, thead')] };
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
    const headers = termsOf(el.firstElementChild).map((term) => label(cellText(term)));
    const alike = cards().every((card) => termsOf(card).length === valuesOf(card).length
      && termsOf(card).length === headers.length && termsOf(card).every((term, i) => label(cellText(term)) === headers[i]));
    if (!alike) return null;
    for (const [key, test] of tableTests) {
      const columns = columnsOf(test, headers);
      if (columns) return { el, key, columns, headers, over: [], plain: true, rows: cards, cells: valuesOf, outside: [] };
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

  const tableOf = (seen, page, name) => {
    const test = tableTests.get(keyOf(page, name));
    const found = seen.tables.map((t) => ({ ...t, columns: columnsOf(test, t.headers) })).filter((t) => t.columns);
    if (found.length < 2) return found;
    // A hidden copy, as for printing, that says the same as the table shown is
    // no second table.
    const shown = found.filter((t) => displayed(t.el)).map((t) => tidy(t.el.textContent));
    return found.filter((t) => displayed(t.el) || !shown.includes(tidy(t.el.textContent)));
  };

  // ----------------------------------------------------------- elements

  // What went wrong with a field may be told inside its label.
  const messageCSS = catalog.site.messages.join(', ');

  function idsText(el, attribute) {
    const ids = (el.getAttribute(attribute) || '').split(/\s+/).filter(Boolean);
    return ids.map((id) => { const at = el.getRootNode().getElementById(id); return at ? textOf(at, (node) => messageCSS && node !== at && node.matches(messageCSS)) : ''; }).join(' ');
  }

  const holdsField = (el) => el.matches('input:not([type=hidden]), select, textarea') || el.querySelector('input:not([type=hidden]), select, textarea') !== null;

  // beside is the text that stands next to a field: before it, or, for a box
  // to tick, after it.
  function beside(el) {
    const after = el.type === 'checkbox' || role(el) === 'checkbox';
    const step = (node) => (after ? node.nextSibling : node.previousSibling);
    for (let at = el, depth = 0; at && depth < 4; at = parent(at), depth++) {
      let text = '';
      for (let near = step(at); near; near = step(near)) {
        if (near.nodeType === Node.TEXT_NODE) text = after ? text + near.data : near.data + text;
        if (near.nodeType !== Node.ELEMENT_NODE || ignored.has(near.tagName)) continue;
        if (holdsField(near)) break;
        if (displayed(near)) text = after ? text + ' ' + shownText(near) : shownText(near) + ' ' + text;
        if (text.trim() !== '' && !inline.has(near.tagName)) break;
      }
      if (text.trim() !== '') return text;
      const up = parent(at);
      if (!up || up.matches('form, fieldset, main, body, [role=form], [role=main]')) break;
    }
    return '';
  }

  // fieldNames lists what a field is called, by way, best first.
  const fieldNames = (el) => called(el, namesOfField);

  function namesOfField(el) {
    return [
      ['label', labelTexts(el)],
      ['aria', [el.getAttribute('aria-label') || '', idsText(el, 'aria-labelledby')]],
      ['beside', [beside(el)]],
      ['hint', [el.getAttribute('placeholder') || '', el.getAttribute('title') || '']],
    ];
  }

  const hintCSS = (catalog.site.labelHints || []).join(', ');

  // labelTexts are the texts of a field's labels: whole, and without the help
  // that stands inside them.
  function labelTexts(el) {
    const other = (l) => (node) => node === el || node.tagName === 'SELECT' || (messageCSS && node !== l && node.matches(messageCSS));
    return [...(el.labels || [])].flatMap((l) => {
      const whole = textOf(l, other(l));
      if (!hintCSS || !l.querySelector(hintCSS)) return [whole];
      return [whole, textOf(l, (node) => other(l)(node) || (node !== l && node.matches(hintCSS)))];
    });
  }

  function actionText(el) {
    if (el.tagName === 'INPUT') return el.type === 'image' ? el.alt || el.title : el.value || (el.type === 'submit' ? 'submit' : '');
    return shownText(el);
  }

  // Pictures beside the words of a button say nothing.
  const pictures = '[aria-hidden=true], svg, .glyphicon, .fa, .fas, .far, .icon';

  function actionTexts(el) {
    const whole = actionText(el);
    if (el.tagName === 'INPUT' || !el.querySelector(pictures)) return [whole];
    return [whole, textOf(el, (node) => node !== el && (!displayed(node) || node.matches(pictures)))];
  }

  const actionNames = (el) => called(el, namesOfAction);

  function namesOfAction(el) {
    return [
      ['text', actionTexts(el)],
      ['aria', [el.getAttribute('aria-label') || '', idsText(el, 'aria-labelledby'), el.getAttribute('title') || '']],
    ];
  }

  function fits(el, wanted) {
    const box = el.type === 'checkbox' || role(el) === 'checkbox' || role(el) === 'switch';
    switch (wanted) {
      case 'checkbox': return box;
      case 'password': return el.type === 'password';
      case 'secret': return !box;
      case 'textbox': return !box && el.type !== 'password';
    }
    return true;
  }

  // owner is the form that a control belongs to, through shadow roots.
  function owner(el) {
    if (el.form) return el.form;
    return closest(el, 'form, [role=form]');
  }

  const tests = new Map();
  function testOf(texts) {
    if (!tests.has(texts)) tests.set(texts, compile(texts));
    return tests.get(texts);
  }

  // says tells whether a name matches: as a whole, or in each of its parts
  // where it is given twice ("Given name / Prénom").
  function says(matches, name) {
    const whole = label(name);
    if (matches(whole)) return true;
    const parts = whole.split(/ [/|] /);
    return parts.length === 2 && parts.every((part) => matches(label(part)));
  }

  const dangers = Object.entries(catalog.site.dangers);

  // dangersOf names the dangers that an element is: "Fermer la session" is both
  // a Logout and the end of the session.
  function dangersOf(el) {
    const names = actionNames(el).flatMap(([, list]) => list).map(label).filter(Boolean);
    return dangers.filter(([, danger]) => (danger.css || []).some((css) => el.matches(css)) || names.some(testOf(danger.label))).map(([name]) => name);
  }

  const dangerOf = (el) => dangersOf(el)[0] || '';

  function describe(el) {
    const name = el.tagName === 'INPUT' || el.tagName === 'TEXTAREA'
      ? fieldNames(el).flatMap(([, list]) => list).concat(el.type === 'submit' || el.type === 'button' ? [el.value] : [])
      : actionNames(el).flatMap(([, list]) => list);
    const id = el.id ? '#' + el.id : '';
    return el.tagName.toLowerCase() + id + ' "' + tidy(name.find((s) => s.trim() !== '') || '').slice(0, 80) + '"';
  }

  // resolve finds one element of a page in all its ways. The ways must agree:
  // the best one that finds exactly one element wins, and no other may point
  // elsewhere.
  function resolve(seen, page, name, memo) {
    if (memo.has(name)) return memo.get(name);
    memo.set(name, { status: 'missing', way: '', candidates: [] }); // an element that is its own company
    const result = find(seen, page, page.elements[name], memo);
    memo.set(name, result);
    return result;
  }

  function find(seen, page, spec, memo) {
    const { ways, pool, parts } = waysOf(seen, page, spec, memo);
    const found = agree(spec, ways, pool);
    if (found.el && parts) found.parts = parts;
    return found;
  }

  // boxGroup is one field that is drawn as a row of boxes, one for each
  // character: exactly so many of them, in one form.
  function boxGroup(pool, count) {
    const parts = pool.filter((el) => el.maxLength === 1 && typed.has(el.type));
    return parts.length === count && parts.every((el) => owner(el) === owner(parts[0])) ? parts : null;
  }

  // waysOf lists what each way of an element finds, best way first.
  function waysOf(seen, page, spec, memo) {
    const action = spec.role === 'action';
    // A box to tick is often drawn by its label and invisible itself.
    const shown = (el) => visible(el) || (spec.role === 'checkbox' && el.labels && [...el.labels].some(visible));
    let pool = (action ? seen.actions : seen.fields).filter((el) => fits(el, spec.role) && shown(el));
    if (spec.inside) {
      const asks = spec.asks && testOf(spec.asks);
      const around = select(seen, spec.inside).filter((outer) => visible(outer) && (!asks || asks(normalise(shownText(outer)))));
      pool = pool.filter((el) => around.some((outer) => contains(outer, el)));
    }
    if (spec.with) {
      const company = resolve(seen, page, spec.with, memo);
      if (company.el) pool = sameForm(pool, company.el);
    }
    const ways = [];
    const parts = spec.boxes ? boxGroup(pool, spec.boxes) : null;
    if (parts) return { ways: [['boxes', [parts[0]]]], pool: parts, parts };
    if ((spec.css || []).length > 0) {
      const found = spec.css.map((css) => select(seen, css).filter((el) => pool.includes(el)));
      ways.push(['id', found.find((list) => list.length === 1) || [...new Set(found.flat())]]);
    }
    if (spec.label && Object.keys(spec.label).length > 0) {
      const named = waysByName(pool, spec, spec.label);
      ways.push(...named);
      // Wordings that nobody has seen there count only where none that is known does.
      if (spec.also && named.every(([, list]) => list.length === 0)) ways.push(...waysByName(pool, spec, spec.also).map(([way, list]) => ['other ' + way, list]));
    }
    if (spec.shape) {
      for (const shape of spec.shape.split(/,\s*(?![^\[]*\])/)) {
        const found = shape === 'only' ? pool.filter((el) => !closest(el, '[role=search]') && el.type !== 'search') : select(seen, shape).filter((el) => pool.includes(el));
        if (found.length > 0) { ways.push(['shape', found]); break; }
      }
    }
    return { ways, pool };
  }

  // waysByName lists what is called by one of some wordings, by the way that it is called.
  function waysByName(pool, spec, texts) {
    const matches = testOf(texts);
    const unlike = spec.unlike && testOf(spec.unlike);
    const byWay = new Map();
    for (const el of pool) {
      for (const [way, names] of spec.role === 'action' ? actionNames(el) : fieldNames(el)) {
        if (!byWay.has(way)) byWay.set(way, []);
        if (names.some((name) => says(matches, name)) && !(unlike && names.some((name) => unlike(label(name))))) byWay.get(way).push(el);
      }
    }
    return [...byWay];
  }

  // sameForm keeps the elements that share a form with another one. Where
  // that one has no form, its nearest surroundings decide.
  function sameForm(pool, company) {
    const form = owner(company);
    if (form) return pool.filter((el) => owner(el) === form);
    for (let around = parent(company); around; around = parent(around)) {
      const near = pool.filter((el) => el !== company && contains(around, el));
      if (near.length > 0) return around.matches('body, html') ? near : pool.filter((el) => contains(enclosing(around), el));
    }
    return pool;
  }

  // enclosing widens a group of controls without a form to its section.
  const enclosing = (el) => closest(el, 'section, article, fieldset, main, dialog, [role=dialog], [role=main], [role=region], [role=group], body') || el;

  // twins are two links that say the same and lead to the same place: either
  // will do.
  const twins = (a, b) => a.tagName === 'A' && b.tagName === 'A' && /^https:/.test(a.href) && a.href === b.href && !a.href.includes('#')
    && a.target === b.target && label(actionText(a)) === label(actionText(b));

  // trust orders what is known of an element: its id, its wording, another
  // wording, its shape.
  const trust = (way) => (way === 'id' ? 0 : way === 'shape' ? 3 : way.startsWith('other ') ? 2 : 1);

  function agree(spec, ways, pool) {
    if (!spec.commits) ways = ways.map(([way, list]) => [way, list.filter((el, i) => !list.slice(0, i).some((other) => twins(el, other)))]);
    const hits = ways.filter(([, list]) => list.length > 0);
    const strong = hits.filter(([way]) => way !== 'shape' && way !== 'hint');
    const candidates = [...new Set(hits.flatMap(([, list]) => list))];
    const failed = (status) => ({ status, way: '', candidates: candidates.slice(0, 5).map(describe) });
    if (hits.length === 0) return { ...failed('missing'), candidates: pool.slice(0, 3).map(describe) };
    let best = hits.find(([, list]) => list.length === 1);
    if (!best) {
      // Several by every way: only what all strong ways have in common counts.
      const common = (strong.length > 1 ? strong : []).reduce((all, [, list]) => (all ? all.filter((el) => list.includes(el)) : list), null) || [];
      if (common.length !== 1) return failed('ambiguous');
      best = [strong[0][0], common];
    }
    const el = best[1][0];
    if (strong.some(([, list]) => !list.includes(el))) return failed('disagree');
    const danger = spec.role === 'action' ? dangersOf(el) : [];
    if (danger.length > 0 && !danger.includes(spec.danger)) return { ...failed('disagree'), danger: danger[0] };
    if (spec.commits && !ways.some(([way, list]) => way === 'text' && list.includes(el))) return failed('disagree');
    // A better way that is known of this element, and no longer finds anything.
    // All ways of the label are one: which of them a page uses is its own affair.
    const drift = ways.some(([way, list]) => trust(way) < trust(best[0]) && list.length === 0) && !hits.some(([way]) => trust(way) < trust(best[0]));
    return { status: 'found', el, way: best[0], drift, candidates: [] };
  }

  // -------------------------------------------------------- recognition

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
      return seen.headings.some((el) => displayed(el) && test(label(textOf(el)))) || seen.lines.some(test.whole);
    }
    if (mark.title) return testOf(mark.title)(normalise(document.title));
    if (mark.text) {
      if (!memo.has(mark.text)) memo.set(mark.text, compile(mark.text, true)(seen.text));
      return memo.get(mark.text);
    }
    if (mark.message) {
      const test = testOf(mark.message);
      return seen.headings.some((el) => displayed(el) && test(normalise(textOf(el)))) || seen.messages.some((text) => test(normalise(text)));
    }
    if (mark.path) return new RegExp(mark.path).test(location.pathname);
    if (mark.comment) return headComments().some((text) => new RegExp(mark.comment).test(text));
    if (mark.css) return select(seen, mark.css).length > 0;
    if (mark.visible) return select(seen, mark.visible).some(visible);
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
    const data = new Set(seen.tables.map((t) => t.el));
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
        const value = valueBelow(node.parentElement) || valueAfter(node);
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
      out.push(textOf(l));
    }
    out.push(el.getAttribute('aria-label') || '', idsText(el, 'aria-labelledby'), beside(el));
    const form = owner(el) || document.body;
    for (const near of form.querySelectorAll('strong, b, q, p, legend, label, h2, h3, dd, div, span')) {
      const text = shownText(near);
      if (text.length < 400 && !holdsField(near)) out.push(text);
    }
    return [...new Set(out.map(tidy).filter((s) => s !== ''))].slice(0, 40);
  }

  function enabled(el) {
    return !el.disabled && el.getAttribute('aria-disabled') !== 'true' && !el.matches(':disabled') && !el.readOnly;
  }

  function elementState(seen, page, memo) {
    const out = {};
    for (const [name, spec] of Object.entries(page.elements)) {
      const found = resolve(seen, page, name, memo);
      out[name] = { status: found.status };
      if (found.status === 'found') {
        out[name].way = found.way;
        out[name].enabled = enabled(found.el);
        if (found.drift) out[name].drift = true;
        if (spec.role === 'checkbox') out[name].text = tidy(fieldNames(found.el).flatMap(([, list]) => list).find((s) => s.trim() !== '') || '');
      } else if (found.candidates.length > 0) out[name].candidates = found.candidates;
      if (found.danger) out[name].danger = found.danger;
    }
    return out;
  }

  // digest tells two states of a table apart without carrying what it holds.
  function digest(text) {
    let hash = 2166136261;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
    return (hash >>> 0).toString(16);
  }

  function tableState(seen, page) {
    const out = {};
    for (const name of Object.keys(page.tables || {})) {
      const found = tableOf(seen, page, name);
      out[name] = { count: found.length };
      // A table without rows may be left out, with a sentence in its place.
      if (found.length === 0) out[name].none = seen.lines.some(tableTests.get(keyOf(page, name)).empty);
      if (found.length !== 1) continue;
      const rows = dataRows(found[0], tableTests.get(keyOf(page, name)));
      const ends = rows.length > 0 ? textOf(rows[0]) + textOf(rows[rows.length - 1]) : '';
      out[name].rows = rows.length;
      out[name].state = digest(ends) + '/' + rows.length;
      out[name].shown = displayed(found[0].el);
      out[name].touched = touched(found[0].el);
    }
    return out;
  }

  function snapshot() {
    const seen = look();
    seen.messages = messages(seen);
    const { mains, overlays, nearest } = recognise(seen);
    const shot = {
      url: location.origin + location.pathname,
      host: location.hostname,
      title: document.title,
      lang: document.documentElement.lang,
      loaded: document.readyState,
      pages: mains.length > 1 ? mains.map(({ page }) => nameOf(page)) : mains.map(({ page }) => page.name),
      variant: mains.length === 1 ? mains[0].page.variant : undefined,
      overlays: overlays.map(({ page }) => page.name),
      messages: seen.told.slice(0, 8),
      boxes: select(seen, dialogs).filter(visible).map((el) => tidy(shownText(el)).slice(0, 160)).slice(0, 3),
    };
    if (mains.length === 1) {
      const { page, memo } = mains[0];
      shot.elements = elementState(seen, page, memo);
      shot.tables = tableState(seen, page);
      shot.facets = Object.entries(page.facets || {}).filter(([, mark]) => holds(seen, page, mark, memo)).map(([name]) => name);
      if (page.details) {
        shot.details = {};
        const others = (text) => Object.values(page.details).some((texts) => testOf(texts)(text));
        for (const [name, texts] of Object.entries(page.details)) shot.details[name] = detail(seen, texts, others);
      }
      const answer = page.elements.answer && memo.get('answer');
      if (answer && answer.el) shot.asked = asked(answer.el);
    } else {
      shot.nearest = nearest;
      shot.headings = seen.headings.filter(displayed).map((el) => tidy(textOf(el))).slice(0, 8);
    }
    // Numbers are left out: clocks and request ids change by themselves.
    shot.wording = digest(seen.text.replace(/[0-9]+/g, ''));
    shot.notices = notices(seen);
    return shot;
  }

  const noticePatterns = catalog.site.notices.map((re) => new RegExp(re.replaceAll('(?P<', '(?<'), 'g'));
  function notices(seen) {
    return noticePatterns.flatMap((re) => [...seen.text.matchAll(re)].map((hit) => ({ text: hit[0], ...hit.groups })));
  }

  // -------------------------------------------------------- announcing

  let last = '';
  let scheduled = 0;
  let watchdog = 0;

  function announce() {
    clearTimeout(scheduled);
    scheduled = 0;
    if (!document.documentElement) return;
    const shot = snapshot();
    const text = JSON.stringify(shot);
    if (text !== last) {
      last = text;
      globalThis[binding](JSON.stringify({ page: shot }));
    }
    // A shadow root can be filled without any change that can be watched, so
    // a page that is not ready yet is looked at once a second as well.
    clearTimeout(watchdog);
    const spec = shot.pages.length === 1 && pages.find((p) => p.name === shot.pages[0] && p.variant === shot.variant);
    const ready = spec && Object.entries(shot.elements).every(([name, e]) => e.status === 'found' || !spec.elements[name].required);
    if (!ready) watchdog = setTimeout(announce, 1000);
  }

  // Changes come in bursts; 15 ms gathers a burst and is below what a person
  // notices. Nobody acts on a page that is still loading.
  function changed() {
    if (!scheduled) scheduled = setTimeout(announce, document.readyState === 'complete' ? 15 : 60);
  }

  // arrived is for the moment at which a page is complete: it is looked at once
  // its own scripts have had their turn.
  function arrived() {
    clearTimeout(scheduled);
    scheduled = setTimeout(announce, 0);
  }

  // What scripts did to the document since it was parsed: a table that they
  // never touched is as the server sent it.
  const stirred = new Set(); // what was changed inside
  const brought = new Set(); // what was put in
  const mostStirred = 100; // beyond it everything counts as touched

  function mutated(records) {
    for (const record of document.readyState === 'loading' ? [] : records) {
      if (stirred.size + brought.size >= mostStirred) break;
      if (record.type === 'attributes') continue;
      stirred.add(record.target);
      for (const node of record.addedNodes) brought.add(node);
    }
    changed();
  }

  // touched tells whether a script may have put rows into a table, or the table
  // into the page. What lies in a frame or a shadow root is a script's work.
  function touched(table) {
    return table.getRootNode() !== document || stirred.size + brought.size >= mostStirred
      || [...stirred].some((node) => table.contains(node)) || [...brought].some((node) => node.contains(table));
  }

  // ------------------------------------------------------------- acting

  const fail = (status, element, more) => ({ ok: false, status, element, ...more });

  // again recognises the page anew and checks that it is still the one that
  // the order was meant for.
  function again(name) {
    const seen = look();
    seen.messages = messages(seen);
    const { mains, overlays } = recognise(seen);
    const over = overlays.find(({ page }) => page.name === name);
    if (over) return { seen, ...over };
    if (mains.length !== 1 || mains[0].page.name !== name) return null;
    return { seen, ...mains[0] };
  }

  // A field called "action" or "tagName" hides the form's own property of that
  // name, in this world too: forms are read by what their class knows.
  const ofForm = {
    matches: Element.prototype.matches,
    attribute: Element.prototype.getAttribute,
    method: Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'method').get,
  };

  // actionOf tells where a form sends its fields when el submits it, and how.
  // said is false where neither says how, and a script may.
  function actionOf(el) {
    const form = owner(el);
    if (!form || !ofForm.matches.call(form, 'form')) return { action: '', method: '', said: false };
    const own = (name) => el.hasAttribute && el.hasAttribute(name);
    const raw = own('formaction') ? el.formAction : ofForm.attribute.call(form, 'action');
    const method = own('formmethod') ? el.formMethod : ofForm.method.call(form);
    const said = own('formmethod') || (ofForm.attribute.call(form, 'method') !== null && ofForm.attribute.call(form, 'onsubmit') === null);
    return { action: new URL(raw || location.href, el.baseURI || location.href).href, method: method.toLowerCase(), said };
  }

  // inAddress tells a form that would put its fields into an address, which
  // servers write into their logs.
  const inAddress = (to) => to.said && to.method === 'get';

  function deepActive() {
    let at = document.activeElement;
    while (at) {
      if (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
      else if (at.tagName === 'IFRAME') {
        let inner = null;
        try { inner = at.contentDocument && at.contentDocument.activeElement; } catch { inner = null; }
        if (!inner) return at;
        at = inner;
      } else return at;
    }
    return null;
  }

  const setters = {
    INPUT: Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set,
    TEXTAREA: Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set,
  };
  const valueOf = (el) => (el.isContentEditable && !('value' in el) ? el.textContent : el.value);

  // type puts a value into a field the way a keyboard would: the page sees
  // focus, input, change and blur, and its length limits hold.
  function type(el, value) {
    let told = false;
    const heard = () => { told = true; };
    el.addEventListener('change', heard, { once: true });
    el.focus();
    if (deepActive() !== el) return false;
    if (el.select) el.select();
    else el.ownerDocument.getSelection().selectAllChildren(el);
    if (value === '') { if (valueOf(el) !== '') el.ownerDocument.execCommand('delete'); }
    else el.ownerDocument.execCommand('insertText', false, value);
    // A page that moved the focus meanwhile was given the value elsewhere.
    if (valueOf(el) !== value && deepActive() !== el) return false;
    if (valueOf(el) !== value && setters[el.tagName]) {
      setters[el.tagName].call(el, value);
      el.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertText', data: value }));
    }
    el.blur();
    if (!told) el.dispatchEvent(new Event('change', { bubbles: true }));
    el.removeEventListener('change', heard);
    return true;
  }

  // sameName tells whether a field that writes names in its own way still holds
  // the name: case, spaces, and how accents are put together may differ.
  const sameName = (a, b) => nameOnly(a) === nameOnly(b);
  const nameOnly = (s) => s.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();

  const ticked = (el) => (el.type === 'checkbox' ? el.checked : el.getAttribute('aria-checked') === 'true');

  // fill types several values at once. All fields are found and checked
  // before the first is touched; a secret goes only into the top document of
  // an https origin on its own list, whose form posts to that same list.
  function fill({ page: name, items }) {
    const now = again(name);
    if (!now) return fail('moved', '');
    const targets = [];
    for (const item of items) {
      const found = resolve(now.seen, now.page, item.element, now.memo);
      if (found.status !== 'found') return fail(found.status, item.element, { candidates: found.candidates });
      const el = found.el;
      if (!enabled(el)) return fail('disabled', item.element);
      if (targets.some((t) => t.el === el)) return fail('disagree', item.element, { candidates: [describe(el)] });
      if (item.origins) {
        if (el.ownerDocument !== document) return fail('framed', item.element);
        if (location.protocol !== 'https:' || !item.origins.includes(location.origin)) return fail('origin', item.element, { seen: location.origin });
        const to = actionOf(el);
        if (to.action && !item.origins.includes(new URL(to.action).origin)) return fail('action', item.element, { seen: new URL(to.action).origin });
        if (inAddress(to)) return fail('method', item.element, { seen: to.method });
      }
      const limit = found.parts ? found.parts.length : el.maxLength;
      if (limit >= 0 && item.value !== undefined && item.value.length > limit) return fail('too long', item.element, { limit });
      if (!found.parts) { targets.push({ el, item, spec: now.page.elements[item.element] }); continue; }
      // A field in boxes takes one character each, under the same conditions.
      found.parts.forEach((part, i) => targets.push({ el: part, item: { ...item, value: item.value.charAt(i) }, spec: now.page.elements[item.element] }));
    }
    for (const { el, item, spec } of targets) {
      if (!el.isConnected) return fail('moved', item.element);
      if (item.origins && !item.origins.includes(location.origin)) return fail('origin', item.element);
      if (spec.role === 'checkbox') { if (ticked(el) !== item.tick) el.click(); continue; }
      if (!type(el, item.value)) return fail('focus', item.element);
    }
    const changes = [];
    for (const { el, item, spec } of targets) {
      if (!el.isConnected) return fail('moved', item.element);
      const kept = spec.role === 'checkbox' ? ticked(el) === item.tick : valueOf(el) === item.value || (item.loose && sameName(valueOf(el), item.value));
      if (!kept) return fail('not kept', item.element);
      if (spec.role !== 'checkbox' && valueOf(el) !== item.value) changes.push({ element: item.element, kept: valueOf(el) });
    }
    return { ok: true, changed: changes };
  }

  // ---- clicking: a real mouse click, let through by a guard only when it
  // lands on the element it was meant for, and only if nothing has changed.

  let armed = null;

  function guardWindow(win) {
    for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'auxclick', 'dblclick']) {
      win.addEventListener(type, guard, { capture: true });
    }
  }

  function guard(event) {
    if (!armed) tellPress(event);
    if (!armed || !event.isTrusted) return;
    const on = event.composedPath().includes(armed.el);
    // Pages act on pressing down as well as on the click: both are judged.
    const reason = !on ? 'missed' : spoilt();
    if (reason !== '') {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (reason === '' && event.type === 'mousedown') {
      armed.down = true;
      // What a press does by itself is to take the keyboard along.
      if (armed.still) event.preventDefault();
    }
    if (event.type === 'click') {
      const { name, token, down } = armed;
      armed = null;
      // What was pressed down on went through, even if the page moved it away
      // before the click was complete.
      globalThis[binding](JSON.stringify({ clicked: { element: name, token, reason: down && reason === 'missed' ? '' : reason } }));
    }
  }

  // tellPress tells which of the dangerous neighbours a person pressed: only a
  // real hand makes a trusted click that no order of ours stands behind.
  function tellPress(event) {
    if (!event.isTrusted || (event.type !== 'click' && event.type !== 'auxclick')) return;
    const pressed = event.composedPath().filter((el) => el instanceof Element && (el.matches(interactive) || pressable.has(role(el)))).flatMap(dangersOf);
    if (pressed.length > 0) globalThis[binding](JSON.stringify({ pressed }));
  }

  // spoilt is the last look, at the very moment of the click.
  function spoilt() {
    afresh();
    const { el, text, form, keep, origins } = armed;
    if (label(actionText(el)) !== text || dangerOf(el) !== armed.danger) return 'text changed';
    const to = actionOf(el);
    if (to.action !== form.action || to.method !== form.method) return 'form changed';
    if (origins && to.action && !origins.includes(new URL(to.action).origin)) return 'form changed';
    if (origins && inAddress(to)) return 'method';
    for (const { el: field, value, tick } of keep) {
      if (!field.isConnected) return 'field changed';
      if (tick !== undefined ? ticked(field) !== tick : valueOf(field) !== value) return 'field changed';
    }
    return '';
  }

  function offset(el) {
    let x = 0;
    let y = 0;
    for (let win = el.ownerDocument.defaultView; win && win.frameElement; win = win.parent) {
      const box = win.frameElement.getBoundingClientRect();
      x += box.left + win.frameElement.clientLeft;
      y += box.top + win.frameElement.clientTop;
    }
    return { x, y };
  }

  function hit(el, x, y) {
    let at = el.ownerDocument.elementFromPoint(x, y);
    while (at && at.shadowRoot && at !== el) {
      const inner = at.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === at) break;
      at = inner;
    }
    return at;
  }

  // point finds a spot of the element that nothing covers.
  function point(el) {
    let cover = null;
    for (const block of ['nearest', 'center', 'start', 'end']) {
      el.scrollIntoView({ block, inline: 'nearest', behavior: 'instant' });
      for (const box of el.getClientRects()) {
        for (const [fx, fy] of [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75]]) {
          const x = box.left + box.width * fx;
          const y = box.top + box.height * fy;
          const at = hit(el, x, y);
          if (at && (contains(el, at) || (at.tagName === 'LABEL' && at.control === el))) {
            const shift = offset(el);
            return { x: x + shift.x, y: y + shift.y };
          }
          cover = at || cover;
        }
      }
    }
    return { covered: cover ? describe(cover) : 'nothing visible', cover };
  }

  const over = Object.fromEntries(Object.entries(catalog.site.over || {}).map(([name, texts]) => [name, compile(texts, name === 'about' || name === 'unlike')]));
  const dialogs = '[role=dialog], [role=alertdialog], dialog[open], [aria-modal=true], .ui-dialog, .modal.in, .modal.show';
  const placed = (el) => ['fixed', 'absolute', 'sticky'].includes(getComputedStyle(el).position) || el.matches(dialogs);

  // boxesOver are the boxes that lie over an element: what covers it, or, where
  // that is a mere veil, the dialogs that lie on the veil.
  function boxesOver(seen, el, cover) {
    let box = null;
    for (let at = cover; at && !contains(at, el); at = parent(at)) if (placed(at)) box = at;
    if (!box) return [];
    if (seen.actions.some((action) => contains(box, action) && visible(action))) return [box];
    const beside = box.parentElement ? [...box.parentElement.children].filter((other) => other !== box && placed(other)) : [];
    const near = [...new Set([...select(seen, dialogs), ...beside])].filter((other) => visible(other) && !contains(other, el));
    return near.filter((other) => !near.some((outer) => outer !== other && contains(outer, other)) && seen.actions.some((action) => contains(other, action) && visible(action)));
  }

  // Neighbours that a box may offer without being about anything but itself.
  const harmless = new Set(['decline', 'return', 'exit']);

  // closerOf finds the button that puts away what lies over an element. There is
  // none in a box that asks for something, holds part of the page, or would lead away.
  function closerOf(now, el, cover) {
    const boxes = over.close && cover ? boxesOver(now.seen, el, cover) : [];
    if (boxes.length !== 1) return null;
    const [box] = boxes;
    const text = normalise(shownText(box));
    const inside = now.seen.actions.filter((action) => contains(box, action) && visible(action));
    const parts = Object.keys(now.page.elements).map((name) => resolve(now.seen, now.page, name, now.memo).el).filter(Boolean);
    if (over.unlike(text) || parts.some((part) => contains(box, part)) || now.seen.tables.some((t) => contains(box, t.el))
      || now.seen.fields.some((field) => contains(box, field) && visible(field)) || box.querySelector('iframe, select') !== null
      || inside.some((action) => dangersOf(action).some((danger) => !harmless.has(danger)))) return null;
    const called = (texts) => inside.filter((action) => enabled(action) && stays(action) && actionNames(action).some(([, names]) => names.some((name) => texts(label(name)) || texts(normalise(name)))));
    const closer = called(over.close)[0] || (over.about(text) ? called(over.also)[0] : undefined);
    return closer ? { closer, box: tidy(shownText(box)).slice(0, 80) } : null;
  }

  // stays tells what cannot lead to another page by itself.
  function stays(el) {
    if (el.tagName === 'A') return !/^https?:/.test(el.href) || el.href.replace(/#.*$/, '') === location.href.replace(/#.*$/, '');
    const form = owner(el);
    return !form || !ofForm.matches.call(form, 'form') || el.type === 'button' || (ofForm.attribute.call(form, 'method') || '').toLowerCase() === 'dialog' || (el.tagName !== 'BUTTON' && el.tagName !== 'INPUT');
  }

  // arm makes an element ready to be pressed; with clear, the button instead that
  // puts away what lies over it.
  function arm({ page: name, element, token, keep, origins, still, row, table, pager, clear }) {
    const now = again(name);
    if (!now) return fail('moved', element);
    let el;
    let danger = '';
    if (table) {
      const target = pager ? pagerOf(now, table, pager) : rowAction(now, table, row);
      if (!target.el) return fail(target.status, element, { candidates: target.candidates || [] });
      el = target.el;
      danger = dangerOf(el);
      if (danger !== (pager ? '' : 'delete')) return fail('disagree', element, { candidates: [describe(el)], danger });
    } else {
      const found = resolve(now.seen, now.page, element, now.memo);
      if (found.status !== 'found') return fail(found.status, element, { candidates: found.candidates, danger: found.danger });
      el = found.el;
      danger = dangerOf(el);
    }
    if (!enabled(el)) return fail('disabled', element);
    const kept = [];
    for (const item of keep || []) {
      const field = resolve(now.seen, now.page, item.element, now.memo);
      if (field.status !== 'found') return fail(field.status, item.element, { candidates: field.candidates });
      if (field.parts) field.parts.forEach((part, i) => kept.push({ el: part, value: item.value.charAt(i) }));
      else kept.push({ el: field.el, value: item.loose && sameName(valueOf(field.el), item.value) ? valueOf(field.el) : item.value, tick: item.tick });
    }
    let at = point(el);
    let box;
    if (clear) {
      const found = at.covered ? closerOf(now, el, at.cover) : null;
      if (!found) return fail('covered', element, { candidates: [at.covered || ''] });
      ({ closer: el, box } = found);
      danger = dangerOf(el);
      kept.length = 0;
      origins = undefined;
      at = point(el);
    }
    if (at.covered) return fail('covered', element, { candidates: [at.covered] });
    armed = { el, name: element, token, text: label(actionText(el)), form: actionOf(el), keep: kept, origins, still, danger };
    const wrong = spoilt();
    if (wrong !== '') { armed = null; return fail(wrong, element); }
    return { ok: true, x: at.x, y: at.y, text: tidy(actionText(el)), href: el.href || '', box };
  }

  // disarm takes the guard down and tells whether nothing had gone through.
  function disarm() {
    const untouched = armed !== null && !armed.down;
    armed = null;
    return untouched;
  }

  // ---- tables

  // pagerText keeps the way that arrows point, which normalising loses.
  const pagerText = (s) => normalise(s.replace(/[\u00bb\u203a\u2192\u25b6]/g, '>').replace(/[\u00ab\u2039\u2190\u25c0]/g, '<'));

  const isNumber = (s) => /^[0-9]{1,4}$/.test(s);

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
  const turns = (test, el) => actionNames(el).some(([, list]) => list.map(pagerText).some((s) => isNumber(s) || test.next(s) || test.previous(s) || test.pager(s)))
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
    return table.rows().filter((row) => (!table.plain && within(row, table.el, 'TFOOT')) || pagerRow(table, row, test));
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
  function numbered(numbers, plain, others, direction, off) {
    const marks = '[aria-current]:not([aria-current=false]), [aria-selected=true], .current, .active, .selected';
    const number = (el) => +pagerText(actionText(el));
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
    const numbers = near.filter((el) => isNumber(pagerText(actionText(el))));
    for (const el of numbers) {
      const pager = pagerAround(el, outermost, near, test);
      if (pager) return numbered(pager.inner.filter((other) => numbers.includes(other)), pager.plain, pager.inner, direction, off);
    }
    if (numbers.length > 1) {
      const target = numbered(numbers, [], [], direction, off);
      return target.status === 'ambiguous' ? null : target;
    }
    return null;
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
    for (let around = parent(found[0].el), depth = 0; around && depth < 5; around = parent(around), depth++) {
      const near = now.seen.actions.filter((el) => contains(around, el) && !contains(found[0].el, el) && visible(el));
      const turn = turnIn(near, around, test, direction, off);
      if (turn) return turn;
    }
    return { status: 'none' };
  }

  function rowAction(now, name, row) {
    const found = tableOf(now.seen, now.page, name);
    if (found.length !== 1) return { status: found.length === 0 ? 'missing' : 'ambiguous' };
    const test = tableTests.get(keyOf(now.page, name));
    const data = dataRows(found[0], test).filter((other) => !idle(found[0].cells(other), test));
    if (!data[row.index]) return { status: 'moved' };
    const cells = found[0].cells(data[row.index]);
    if (cells.length !== found[0].headers.length) return { status: 'odd row' };
    const texts = Object.fromEntries(Object.entries(found[0].columns).map(([column, i]) => [column, valueIn(test.spec, column, cells[i])]));
    if (['given', 'family', 'email'].some((column) => column in row && (texts[column] || '') !== row[column])) return { status: 'moved' };
    // Where no column says so, the button or link itself must.
    const place = 'delete' in found[0].columns ? cells[found[0].columns.delete] : data[row.index];
    const actions = [...place.querySelectorAll('a, button, input[type=submit], input[type=button], [role=button], [role=link]')]
      .filter((el) => visible(el) && ('delete' in found[0].columns || dangersOf(el).includes('delete')));
    if (actions.length !== 1) return { status: actions.length === 0 ? 'missing' : 'ambiguous', candidates: actions.map(describe) };
    return { el: actions[0] };
  }

  // idle rows hold nobody: what says that there are no rows is none, nor is what
  // keeps them apart.
  const idle = (cells, test) => cells.length === 1 && (cellText(cells[0]) === '' || test.empty(normalise(cellText(cells[0]))));

  // dataRows are the rows that can hold somebody.
  function dataRows(table, test) {
    return table.rows().filter((row) => !table.over.includes(row) && !pagerRow(table, row, test) && (table.plain || !within(row, table.el, 'THEAD', 'TFOOT'))
      && row.getAttribute('aria-hidden') !== 'true' && (table.plain || row.cells === undefined || row.cells.length === 0 ? table.cells(row).length > 0 : true));
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
      if (cells.length === 1) return fail('odd row', table, { candidates: [tidy(cellText(cells[0])).slice(0, 80)] });
      if (cells.length !== found[0].headers.length) return fail('odd row', table, { candidates: [cells.length + ' cells under ' + found[0].headers.length + ' headers'] });
      const texts = Object.entries(found[0].columns).map(([column, i]) => [column, valueIn(test.spec, column, cells[i])]);
      const veiled = texts.find(([, text]) => masked(text));
      if (veiled) return fail('masked', veiled[0]);
      rows.push(Object.fromEntries(texts));
    }
    const out = { ok: true, rows, columns: Object.keys(found[0].columns), state: tableState(now.seen, now.page)[table].state };
    out.next = (({ el, status }) => (el ? 'more' : status))(pagerOf(now, table, 'next'));
    out.previous = (({ el, status }) => (el ? 'more' : status))(pagerOf(now, table, 'previous'));
    const told = pagerRows(found[0], test).map((row) => normalise(textOf(row)));
    // Pages are counted beside the table; further off, what is counted is not it.
    const nearby = told.length + 2;
    for (let around = parent(found[0].el), depth = 0; around && depth < 4; around = parent(around), depth++) {
      told.push(normalise(textOf(around, (node) => node === found[0].el || tableTags(node))));
    }
    const numbersOf = (tests, texts) => texts.flatMap((text) => tests.map((re) => re.exec(text)).filter(Boolean)).map(({ groups }) => groups)[0];
    const info = numbersOf(test.info, told);
    if (info) out.info = { first: +info.first, last: +info.last, total: +info.total };
    const count = numbersOf(test.count, told.slice(0, nearby));
    if (count) out.count = { page: +count.page, pages: +count.pages };
    return out;
  }

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

  globalThis.irccpin = { fill, arm, disarm, about, readTable, snapshot, inspect, located, matches, normalise, displayed, visible: (el) => displayed(el) && reachable(el) };

  observer = new MutationObserver(mutated);
  guardWindow(window);
  watch(document);
  document.addEventListener('readystatechange', () => {
    // What the parser did is none of a script's work.
    if (document.readyState === 'interactive') observer.takeRecords();
    changed();
  });
  window.addEventListener('load', arrived);
  window.addEventListener('pageshow', changed);
  if (document.readyState !== 'loading') announce();
})
