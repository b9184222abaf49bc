// Filling in a form: everything is checked first, then all of it is typed.

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

// holdsStill tells whether a field still holds what was typed, as far as the item lets
// it write that in its own way.
const holdsStill = (el, { value, loose, grouped }) => valueOf(el) === value || (loose && sameName(valueOf(el), value)) || (grouped && digitsOf(valueOf(el)) === value);
const digitsOf = (s) => s.replace(/[\s-]/g, '');

const ticked = (el) => (el.type === 'checkbox' ? el.checked : el.getAttribute('aria-checked') === 'true');

// aim finds the fields of all items, and checks that each may take its value.
function aim(now, items) {
  const targets = [];
  const off = (...why) => ({ wrong: fail(...why) });
  for (const item of items) {
    const found = resolve(now.seen, now.page, item.element, now.memo);
    if (found.status !== 'found') return off(found.status, item.element, { candidates: found.candidates });
    const el = found.el;
    if (!enabled(el)) return off('disabled', item.element);
    if (targets.some((t) => t.el === el)) return off('disagree', item.element, { candidates: [describe(el)] });
    if (item.origins) {
      if (el.ownerDocument !== document) return off('framed', item.element);
      if (location.protocol !== 'https:' || !item.origins.includes(location.origin)) return off('origin', item.element, { seen: location.origin });
      const to = actionOf(el);
      if (to.action && !item.origins.includes(new URL(to.action).origin)) return off('action', item.element, { seen: new URL(to.action).origin });
      if (inAddress(to)) return off('method', item.element, { seen: to.method });
    }
    const limit = found.parts ? found.parts.length : el.maxLength;
    if (limit >= 0 && item.value !== undefined && item.value.length > limit) return off('too long', item.element, { limit });
    if (!found.parts) { targets.push({ el, item, spec: now.page.elements[item.element] }); continue; }
    // A field in boxes takes one character each, under the same conditions.
    found.parts.forEach((part, i) => targets.push({ el: part, item: { ...item, value: item.value.charAt(i) }, spec: now.page.elements[item.element] }));
  }
  return { targets };
}

// aimAnew does so on a page that draws itself anew at each keystroke, and has other
// fields by now.
function aimAnew(name, items, { length }) {
  const now = again(name);
  const aimed = now && aim(now, items);
  return aimed && (aimed.wrong || aimed.targets.length === length) ? aimed : { wrong: fail('moved', items[0].element) };
}

// fill types several values at once. All fields are found and checked
// before the first is touched; a secret goes only into the top document of
// an https origin on its own list, whose form posts to that same list.
function fill({ page: name, items }) {
  const now = again(name);
  if (!now) return fail('moved', '');
  let { targets, wrong } = aim(now, items);
  for (let i = 0; !wrong && i < targets.length; i++) {
    if (!targets[i].el.isConnected) ({ targets, wrong } = aimAnew(name, items, targets));
    if (wrong) break;
    const { el, item, spec } = targets[i];
    if (item.origins && !item.origins.includes(location.origin)) return fail('origin', item.element);
    if (spec.role === 'checkbox') { if (ticked(el) !== item.tick) el.click(); continue; }
    if (!type(el, item.value)) return fail('focus', item.element);
  }
  if (!wrong && targets.some(({ el }) => !el.isConnected)) ({ targets, wrong } = aimAnew(name, items, targets));
  if (wrong) return wrong;
  const changes = [];
  for (const { el, item, spec } of targets) {
    const kept = spec.role === 'checkbox' ? ticked(el) === item.tick : holdsStill(el, item);
    if (!kept) return fail('not kept', item.element);
    if (spec.role !== 'checkbox' && item.loose && valueOf(el) !== item.value) changes.push({ element: item.element, kept: valueOf(el) });
  }
  return { ok: true, changed: changes };
}
