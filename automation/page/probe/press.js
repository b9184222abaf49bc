// Making an element ready for the click that comes from outside.

// arm makes an element ready to be pressed; with clear, the button instead that
// puts away what lies over it.
function arm({ page: name, element, token, keep, origins, homes, still, row, table, pager, clear }) {
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
  if (!enabled(el)) {
    if (!homes && !row) readToTheEnd();
    return fail('disabled', element);
  }
  const kept = [];
  for (const item of keep || []) {
    const field = resolve(now.seen, now.page, item.element, now.memo);
    if (field.status !== 'found') return fail(field.status, item.element, { candidates: field.candidates });
    if (field.parts) field.parts.forEach((part, i) => kept.push({ el: part, value: item.value.charAt(i) }));
    else kept.push({ el: field.el, value: holdsStill(field.el, item) ? valueOf(field.el) : item.value, tick: item.tick });
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
  const form = actionOf(el);
  // A form that a script sends names no address; where that goes is judged as it leaves.
  if (homes && !clear && /^https?:/.test(form.action) && !homes.includes(new URL(form.action).origin)) return fail('origin', element, { seen: new URL(form.action).origin });
  if (homes && !clear && inAddress(form)) return fail('method', element);
  armed = { el, name: element, token, text: label(actionText(el)), form, keep: kept, origins, still, danger, down: false };
  const wrong = spoilt();
  if (wrong !== '') { armed = null; return fail(wrong, element); }
  return { ok: true, x: at.x, y: at.y, text: tidy(actionText(el)), href: el.href || '', box, needs: needs(el, form), unready: unready(el) };
}

// readToTheEnd scrolls what can be scrolled: some terms can be accepted only by who has
// seen the end of them.
function readToTheEnd() {
  for (const el of [...document.querySelectorAll('main *, form *, [role=main] *'), document.scrollingElement]) {
    if (el && el.scrollHeight > el.clientHeight + 1 && (el === document.scrollingElement || /auto|scroll/.test(getComputedStyle(el).overflowY))) el.scrollTop = el.scrollHeight;
  }
}

// needs is the event that a script must listen to, if anything is to come of pressing
// an element; empty for what a browser carries out by itself: a link that leads
// somewhere, a button that posts its form. A form that would put its fields into an
// address counts on a script to send it.
function needs(el, form) {
  const link = closest(el, 'a[href], area[href]');
  if (link) return /^(#|$|javascript:\s*(void\b|;|$))/i.test(link.getAttribute('href').trim()) ? 'click' : '';
  if (el.matches('summary, label, input[type=checkbox], input[type=radio]')) return '';
  if (!el.matches('button:not([type=button]):not([type=reset]), input[type=submit], input[type=image]')) return 'click';
  const inert = owner(el) && /^\s*return false;?\s*$/.test(owner(el).getAttribute('onsubmit') || '');
  if (inert) return 'click'; // what listens to its submit is that word alone, for all that is known
  return form.method === 'post' ? '' : 'submit';
}

// unready tells of a form whose token against forgeries is still to be fetched. That
// of a captcha comes when the form is sent.
function unready(el) {
  const form = owner(el);
  if (!form) return false;
  return [...form.querySelectorAll('input[type=hidden]')].some((field) => {
    const name = `${field.name} ${field.id}`;
    return field.value === '' && /csrf|xsrf|token|jeton|nonce/i.test(name) && !/captcha/i.test(name);
  });
}

// listeners are what a script can listen on that acts on the armed press, the page as a
// whole among them. The window is left out: the guard listens there.
function listeners() {
  if (!armed) return [];
  const { el } = armed;
  const out = [owner(el), el.ownerDocument, document, el, ...el.querySelectorAll('*'), ...(el.shadowRoot ? el.shadowRoot.querySelectorAll('*') : [])].slice(0, 100);
  for (let at = parent(el); at; at = parent(at)) out.push(at);
  return out;
}

// disarm takes the guard down and tells whether nothing had gone through.
function disarm() {
  const untouched = armed !== null && !armed.down;
  armed = null;
  return untouched;
}
