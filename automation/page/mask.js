// Covers, in the page itself, everything that may be somebody's data, before a
// picture of the page or its HTML is taken. What stays is the interface, in
// blocks: headings, labels, buttons, links, column heads and messages. Afterwards
// order.uncover puts everything back, for the way out is looked for on the page.
//
// Blocks can show a secret too, such as the user name in a greeting. No secret
// is told to the page to find it: without order.blocks this only lists what the
// blocks say, and outside the page it is decided what they may say. With
// order.blocks the page is covered, and a block that is not on the list is
// covered whole. The answer is then the number of things that had to change.
(order) => {
  'use strict';
  const kept = 'button, a, label, legend, h1, h2, h3, h4, h5, h6, th, [role=columnheader], summary, [role=button], [role=link], [role=heading], ' + order.messages;
  const data = 'td, tbody th:not([scope=col]), [role=cell], [role=gridcell], [role=rowheader], output, dd, samp, kbd, code';
  const drawn = 'img, svg, canvas, video, object, embed, input[type=image]';
  const buttons = 'input[type=submit], input[type=button], input[type=reset]';
  const fields = 'input:not([type=submit], [type=button], [type=reset], [type=checkbox], [type=radio], [type=hidden]), textarea, select, [contenteditable]';

  const separator = '\u0000';
  const allowed = new Map();
  for (const { from, to } of order.blocks || []) {
    allowed.set(from.join(separator), to);
    allowed.set(to.join(separator), to); // for a second look
  }
  const listed = [];
  let changes = 0;
  // undo is kept in this world, which the page cannot see.
  const undo = globalThis.irccpinCover ??= [];
  if (order.uncover) {
    const count = undo.length;
    while (undo.length > 0) undo.pop()();
    return count;
  }

  const dots = (text) => text.replace(/\S/g, '\u2022');

  function write(node, text) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data === text) return;
      const was = node.data;
      node.data = text;
      undo.push(() => { if (node.data === text) node.data = was; });
    } else {
      if (node.value === text) return;
      const was = node.value;
      node.value = text;
      undo.push(() => { if (node.value === text) node.value = was; });
    }
    changes++;
  }

  function hide(el, styles) {
    for (const [name, value] of Object.entries(styles)) {
      if (el.style.getPropertyValue(name) === value && el.style.getPropertyPriority(name) === 'important') continue;
      const was = [el.style.getPropertyValue(name), el.style.getPropertyPriority(name)];
      el.style.setProperty(name, value, 'important');
      undo.push(() => el.style.setProperty(name, ...was));
      changes++;
    }
  }

  // blockOf is the outermost kept element around a text; null when the text is
  // somebody's data.
  function blockOf(el) {
    let block = null;
    for (let at = el; at; at = at.parentElement) {
      if (at.matches(data)) return null;
      if (at.matches(kept)) block = at;
    }
    return block;
  }

  function cover(root) {
    const blocks = new Map();
    const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const node of texts) {
      const el = node.parentElement;
      if (node.data.trim() === '' || (el && ['SCRIPT', 'STYLE'].includes(el.tagName))) continue;
      const block = el && blockOf(el);
      if (!block) {
        if (order.blocks) write(node, dots(node.data));
      } else if (blocks.has(block)) blocks.get(block).push(node);
      else blocks.set(block, [node]);
    }
    for (const el of root.querySelectorAll(buttons)) blocks.set(el, [el]);
    for (const nodes of blocks.values()) {
      const says = nodes.map((node) => (node.nodeType === Node.TEXT_NODE ? node.data : node.value));
      if (!order.blocks) {
        listed.push(says);
        continue;
      }
      const may = allowed.get(says.join(separator)) || says.map(dots);
      nodes.forEach((node, i) => write(node, may[i]));
    }
    for (const el of root.querySelectorAll('*')) {
      if (el.shadowRoot) within(el.shadowRoot, el.shadowRoot);
      if (el.tagName === 'IFRAME' || el.tagName === 'FRAME') {
        let inner = null;
        try { inner = el.contentDocument; } catch { inner = null; }
        if (inner && inner.body) within(inner.body, inner);
        else if (order.blocks) hide(el, { visibility: 'hidden' });
      }
      if (!order.blocks) continue;
      if (el.matches(fields)) {
        hide(el, { color: 'transparent', '-webkit-text-fill-color': 'transparent', 'background-color': 'rgb(51, 51, 51)', 'caret-color': 'transparent', 'text-shadow': 'none' });
        if (el.hasAttribute('placeholder')) {
          const was = el.getAttribute('placeholder');
          el.removeAttribute('placeholder');
          undo.push(() => el.setAttribute('placeholder', was));
          changes++;
        }
      }
      // What a custom element shows in a closed shadow root cannot be looked at.
      const closed = el.tagName.includes('-') && !el.shadowRoot;
      if (el.matches(drawn) || closed) hide(el, { visibility: 'hidden' });
    }
  }

  // within covers a tree that has style sheets of its own: what styles write or
  // draw goes, and nothing is caught half way through a transition.
  function within(root, scope) {
    if (order.blocks && !scope.irccpinMasked) {
      const sheet = new (root.ownerDocument.defaultView.CSSStyleSheet)();
      sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; background-image: none !important; list-style: none !important }'
        + '*::before, *::after { content: none !important } *::placeholder { color: transparent !important }');
      scope.adoptedStyleSheets = [...scope.adoptedStyleSheets, sheet];
      scope.irccpinMasked = true;
      undo.push(() => {
        scope.adoptedStyleSheets = scope.adoptedStyleSheets.filter((other) => other !== sheet);
        scope.irccpinMasked = false;
      });
    }
    cover(root);
  }

  within(document.body || document.documentElement, document);
  return order.blocks ? changes : listed;
}
