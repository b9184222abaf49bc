// Boxes that lie over a page, and how they are put away.

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
  if (tidy(shownText(box)) !== '') return []; // "Please wait" is no veil: it goes by itself
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
  if (over.unlike(text) || parts.some((part) => contains(box, part)) || now.seen.tables.some((t) => contains(box, t.body))
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
