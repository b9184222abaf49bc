// The guard: a real mouse click, let through only when it lands on the element
// it was meant for, and only if nothing has changed.

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
  if (reason === '' && (event.type === 'pointerdown' || event.type === 'mousedown')) armed.down = true;
  // What a press does by itself is to take the keyboard along.
  if (reason === '' && event.type === 'mousedown' && armed.still) event.preventDefault();
  if (event.type === 'click') {
    const { name, token, down } = armed;
    armed = null;
    // What was pressed down on went through, even if the page moved it away
    // before the click was complete.
    globalThis[binding](JSON.stringify({ clicked: { element: name, token, down, reason: down && reason === 'missed' ? '' : reason } }));
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
    if (!inner || inner === at) return slotAt(at, x, y) || at;
    at = inner;
  }
  return at;
}

// slotAt is the slot in which a text lies that was put into a web component: the
// browser names the component itself there, which is outside of its own button.
function slotAt(host, x, y) {
  const range = document.createRange();
  for (const node of host.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE || !node.assignedSlot) continue;
    range.selectNodeContents(node);
    if ([...range.getClientRects()].some((r) => r.left <= x && x <= r.right && r.top <= y && y <= r.bottom)) return node.assignedSlot;
  }
  return null;
}

// point finds a spot of the element that nothing covers. Where there is none, the
// cover is what lies over it in the middle of the window: a bar at an edge is not
// what is in the way.
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
        if (at && (block === 'center' || !cover)) cover = at;
      }
    }
  }
  return { covered: cover ? describe(cover) : 'nothing visible', cover };
}
