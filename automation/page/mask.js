// Covers, in the page itself, everything that may be somebody's data, before
// a picture of the page or its HTML is taken. What stays is the interface:
// headings, labels, buttons, links, column heads and messages. The page is not
// acted upon afterwards, except to sign out.
(order) => {
  'use strict';
  const keep = 'button, a, label, legend, h1, h2, h3, h4, h5, h6, thead th, [role=columnheader], summary, [role=button], [role=link], [role=heading], ' + order.messages;
  const secret = order.hide.filter((text) => text.length > 2);
  const dots = (text) => text.replace(/[^\s]/g, '\u2022');

  function cover(root) {
    const walker = root.createTreeWalker ? root.createTreeWalker(root, NodeFilter.SHOW_TEXT) : root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const node of texts) {
      const el = node.parentElement;
      if (!el || ['SCRIPT', 'STYLE', 'TITLE'].includes(el.tagName) || node.data.trim() === '') continue;
      const cell = el.closest('tbody td, tbody th, [role=cell], [role=gridcell], [role=rowheader], output, dd');
      const inside = el.closest(keep);
      const shown = inside && (!cell || cell.contains(inside));
      if (!shown) node.data = dots(node.data);
      else if (secret.some((text) => node.data.includes(text))) node.data = secret.reduce((data, text) => data.replaceAll(text, dots(text)), node.data);
    }
    for (const el of root.querySelectorAll('*')) {
      if (el.matches('input, textarea, select, [contenteditable]')) {
        for (const [name, value] of [['color', 'transparent'], ['background', '#333'], ['caret-color', 'transparent'], ['-webkit-text-fill-color', 'transparent']]) {
          if (el.type !== 'submit' && el.type !== 'button' && el.type !== 'checkbox' && el.type !== 'radio') el.style.setProperty(name, value, 'important');
        }
        el.removeAttribute('placeholder');
      }
      if (el.matches('canvas, video, object, embed')) el.style.setProperty('visibility', 'hidden', 'important');
      for (const name of ['title', 'aria-label', 'alt', 'data-sort', 'data-order']) {
        const value = el.getAttribute(name);
        if (value && secret.some((text) => value.includes(text))) el.setAttribute(name, dots(value));
      }
      if (el.shadowRoot) cover(el.shadowRoot);
      if (el.tagName === 'IFRAME') {
        let inner = null;
        try { inner = el.contentDocument; } catch { inner = null; }
        if (inner && inner.body) cover(inner.body);
        else el.style.setProperty('visibility', 'hidden', 'important');
      }
    }
  }
  cover(document.body || document.documentElement);
  return true;
}
