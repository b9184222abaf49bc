// One look at the document: what is shown, what can be pressed and filled in,
// through open shadow roots and the frames of the same origin.

const ignored = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'META', 'LINK', 'OBJECT', 'EMBED']);
const inline = new Set(['A', 'ABBR', 'B', 'BDI', 'BDO', 'CITE', 'CODE', 'EM', 'FONT', 'I', 'KBD', 'LABEL', 'MARK', 'Q', 'S', 'SAMP',
  'SLOT', 'SMALL', 'SPAN', 'STRONG', 'SUB', 'SUP', 'TIME', 'U', 'VAR', 'WBR']);
const typed = new Set(['text', 'email', 'tel', 'search', 'url', 'number', 'password']);

const role = (el) => (el.getAttribute('role') || '').trim().toLowerCase().split(/\s+/)[0];

function displayed(el) {
  if (!el.isConnected) return false;
  if (!el.checkVisibility({ visibilityProperty: true })) return boxless(el) && parent(el) !== null && displayed(parent(el));
  const frame = el.ownerDocument.defaultView && el.ownerDocument.defaultView.frameElement;
  return !frame || displayed(frame);
}

// boxless tells an element that shows what it holds and nothing of its own, as
// slots do.
function boxless(el) {
  const style = getComputedStyle(el);
  return style.display === 'contents' && style.visibility === 'visible';
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

// A parent is what an element is shown in, as children are what is shown in one: an
// element of a page's own making shows what is written into it where its slots are.
const parent = (el) => el.assignedSlot || el.parentElement || (el.getRootNode() instanceof ShadowRoot ? el.getRootNode().host : null);

function closest(el, css) {
  for (let at = el; at; at = parent(at)) if (at.matches(css)) return at;
  return null;
}

function contains(outer, inner) {
  for (let at = inner; at; at = parent(at)) if (at === outer) return true;
  return false;
}

function childrenOf(node) {
  if (node.shadowRoot) return node.shadowRoot.childNodes;
  if (node.tagName === 'SLOT' && node.assignedNodes().length > 0) return node.assignedNodes();
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

// footnote tells the mark of a footnote, which is no part of a label.
const footnote = (node) => node.tagName === 'SUP' && /^((foot)?note( de bas de page)?)?[\s\d*\u2020\u2021\u00a7()[\]]{0,6}$/i.test(tidy(node.textContent));

const shownText = (el) => textOf(el, (node) => node !== el && !displayed(node));
const tidy = (s) => s.replace(/\p{Cf}/gu, '').replace(/\s+/g, ' ').trim();

const watched = new WeakSet();
let observer = null;

// watch hears of what happens in a document or a shadow root. A page that writes
// its document anew (document.open) takes all listeners away, so they are put there
// at each look; one that is there already stays as it is.
function watch(root) {
  if (!watched.has(root)) {
    watched.add(root);
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  }
  const listening = root.defaultView || root;
  for (const type of ['load', 'toggle', 'transitionend', 'animationend', 'change', 'input']) {
    listening.addEventListener(type, changed, { capture: true, passive: true });
  }
  // What loads inside a document, such as a frame, is not told to its window.
  if (listening !== root) root.addEventListener('load', changed, { capture: true, passive: true });
  if (root.defaultView) guardWindow(root.defaultView);
}

// look gathers, in one walk, everything that the catalog can ask about.
function look() {
  const seen = { fields: [], actions: [], headings: [], tables: [], roots: [document], text: '' };
  let text = '';
  let lines = ''; // of it, what is in no list: steps and breadcrumbs name other pages
  let said = ''; // of it, what cannot be pressed
  const inside = { list: 0, action: 0 };
  const bodies = new Set();
  const add = (s) => {
    text += s;
    if (inside.list === 0) lines += s;
    said += inside.action === 0 ? s : ' ';
  };
  afresh();
  watch(document);
  listen();
  (function visit(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data.trim() !== '' && node.parentElement && displayed(node.parentElement)) add(node.data);
      else add(' ');
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || ignored.has(node.tagName)) return;
    const block = !inline.has(node.tagName);
    if (block) add('\n');
    const list = node.matches('li, nav, [role=listitem], [role=navigation]');
    const action = node.matches('a, button, [role=button], [role=link]');
    if (list) inside.list++;
    if (action) inside.action++;
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
    if (bodies.has(node)) inner = []; // the rows of the table before it
    const data = dataTable(node);
    if (data) {
      seen.tables.push(data);
      // Rows are read when they are asked for: a table of thousands must not
      // be walked at every change of the page.
      inner = data.outside;
      bodies.add(data.body);
    }
    for (const child of inner) visit(child);
    if (list) inside.list--;
    if (action) inside.action--;
    if (block) add('\n');
  })(document.documentElement);
  seen.text = normalise(text);
  seen.said = normalise(said);
  seen.lines = [...new Set(lines.split('\n').filter((l) => l.trim() !== '' && l.length < 160).map(label))];
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
      if (pressable.has(is) || (is === '' && pressedByScript(el))) seen.actions.push(el); // the head of an accordion
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
