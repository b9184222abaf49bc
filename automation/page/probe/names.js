// What a person would call a field or a button.

// What went wrong with a field may be told inside its label.
const messageCSS = catalog.site.messages.join(', ');

function idsText(el, attribute) {
  const ids = (el.getAttribute(attribute) || '').split(/\s+/).filter(Boolean);
  return ids.map((id) => { const at = el.getRootNode().getElementById(id); return at ? textOf(at, (node) => messageCSS && node !== at && node.matches(messageCSS)) : ''; }).join(' ');
}

const holdsField = (el) => el.matches('input:not([type=hidden]), select, textarea') || el.querySelector('input:not([type=hidden]), select, textarea') !== null;

// beside is the text that stands next to a field: before it, or, for a box
// to tick, after it, and before it only where nothing follows.
const beside = (el) => (el.type === 'checkbox' || role(el) === 'checkbox' ? textBy(el, true) : '') || textBy(el, false);

// wordsOf are those of a part of the page that stand in nothing to press.
const wordsOf = (el, pressed) => textOf(el, (node) => (node !== el && !displayed(node)) || node.matches(pressed) || badge(node));

function textBy(el, after) {
  const step = (node) => (after ? node.nextSibling : node.previousSibling);
  for (let at = el, depth = 0; at && depth < 4; at = parent(at), depth++) {
    let text = '';
    for (let near = step(at); near; near = step(near)) {
      if (near.nodeType === Node.TEXT_NODE) text = after ? text + near.data : near.data + text;
      if (near.nodeType !== Node.ELEMENT_NODE || ignored.has(near.tagName)) continue;
      if (holdsField(near)) break;
      // What follows a box and is all links is no name of it; one can be a label before a field.
      const says = !displayed(near) || (after && tidy(wordsOf(near, 'a, button, [role=button]')) === '') ? '' : wordsOf(near, 'button, [role=button]');
      text = after ? text + ' ' + says : says + ' ' + text;
      if (text.trim() !== '' && !inline.has(near.tagName)) break;
    }
    if (text.trim() !== '') return text;
    const up = parent(at);
    if (!up || up.matches('form, fieldset, main, body, [role=form], [role=main]')) break;
  }
  return '';
}

// behind is the text that follows a field in a box of their own.
function behind(el) {
  const box = el.parentElement;
  if (!box || box.matches('form, fieldset, main, body, [role=form], [role=main]') || box.querySelectorAll('input:not([type=hidden]), select, textarea').length !== 1) return '';
  let text = '';
  for (let near = el.nextSibling; near; near = near.nextSibling) {
    if (near.nodeType === Node.TEXT_NODE) text += near.data;
    if (near.nodeType === Node.ELEMENT_NODE && !ignored.has(near.tagName) && displayed(near)) text += ' ' + wordsOf(near, 'button, [role=button]');
  }
  return text;
}

// above is the text over a field, where a row of fields stands under a row of what
// they are called; nothing where rows are otherwise.
function above(el) {
  const cell = el.closest('td');
  const row = cell && cell.parentElement;
  const over = row && row.previousElementSibling;
  if (!over || over.tagName !== 'TR' || over.cells.length !== row.cells.length || holdsField(over) || within(row, null, 'THEAD')) return '';
  const held = [...row.cells].filter(holdsField);
  const plain = (at) => tidy(textOf(at, (node) => node.tagName === 'SELECT')) === '';
  if (held.length < 2 || ![...row.cells].every(plain)) return '';
  const names = held.map((at) => tidy(shownText(over.cells[at.cellIndex])));
  return names.includes('') ? '' : names[held.indexOf(cell)];
}

// fieldNames lists what a field is called, by way, best first.
const fieldNames = (el) => called(el, namesOfField);

function namesOfField(el) {
  return [
    ['label', labelTexts(el)],
    ['aria', [el.getAttribute('aria-label') || '', idsText(el, 'aria-labelledby')]],
    ['beside', [above(el) || beside(el), behind(el)]],
    ['hint', [el.getAttribute('placeholder') || '', el.getAttribute('title') || '']],
  ];
}

const markTests = (catalog.site.labelMarks || []).map((re) => new RegExp(re));

// badge tells what says no more than whether a field must be filled in.
const badge = (node) => node.childElementCount === 0 && markTests.some((re) => re.test(normalise(node.textContent)));

const hintCSS = (catalog.site.labelHints || []).join(', ');

// labelTexts are the texts of a field's labels: whole, and without the help
// that stands inside them.
function labelTexts(el) {
  const other = (l) => (node) => node === el || node.tagName === 'SELECT' || footnote(node) || (node !== l && badge(node)) || (messageCSS && node !== l && node.matches(messageCSS));
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
