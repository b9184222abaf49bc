// Writes a page down as HTML that looks the same to the probe without the
// page's scripts and styles: what is hidden by a style sheet says so itself,
// open shadow roots and same-origin frames are written where they stand, and
// what a script draws has the size that it was drawn in.
//
// Nothing is redacted here: what this returns does not leave the process before
// package capture has made it up anew. What nobody needs is left out already:
// scripts, styles, typed passwords, hidden values.
() => {
  'use strict';
  const { displayed, visible } = globalThis.irccpin;
  const left = new Set(['SCRIPT', 'STYLE', 'LINK', 'NOSCRIPT', 'META', 'BASE', 'OBJECT', 'EMBED', 'TEMPLATE']);
  const empty = new Set(['AREA', 'BR', 'COL', 'HR', 'IMG', 'INPUT', 'WBR']);
  const drawn = new Set(['IMG', 'CANVAS', 'SVG', 'IFRAME', 'VIDEO']);
  const shownValues = new Set(['text', 'email', 'tel', 'url', 'search', 'number', 'submit', 'button', 'reset']);

  const text = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\u00a0/g, '&nbsp;');
  const quoted = (s) => '"' + s.replace(/&/g, '&amp;').replace(/"/g, '&quot;') + '"';

  const inside = (el) => [...(el.shadowRoot ? el.shadowRoot.children : []), ...el.children];
  const seen = new Map();
  // anySeen tells whether an element, or anything in it, is in sight.
  function anySeen(el) {
    if (!seen.has(el)) seen.set(el, visible(el) || inside(el).some(anySeen));
    return seen.get(el);
  }

  // look is the style that stands in for all style sheets; hidden tells that
  // the element hides all that is in it.
  function look(el) {
    const style = getComputedStyle(el);
    if (style.display === 'none') return { style: 'display:none', hidden: true };
    if (style.visibility !== 'visible') return { style: 'visibility:hidden', hidden: false };
    if (!displayed(el)) return { style: '', hidden: false };
    if (!anySeen(el)) return { style: 'position:absolute;left:-9999px', hidden: true };
    const parent = el.parentElement;
    let out = parent && getComputedStyle(parent).visibility !== 'visible' ? 'visibility:visible;' : '';
    const tag = el.tagName.toUpperCase();
    if (visible(el) && (drawn.has(tag) || (tag !== 'INPUT' && el.childElementCount === 0 && el.textContent.trim() === ''))) {
      const box = el.getBoundingClientRect();
      out += 'display:inline-block;min-width:' + Math.max(2, Math.round(box.width)) + 'px;min-height:' + Math.max(2, Math.round(box.height)) + 'px';
    }
    return { style: out, hidden: false };
  }

  function attributes(el, covered) {
    let out = '';
    for (const { name, value } of el.attributes) {
      if (name === 'style' || name === 'value' || name === 'srcdoc' || name.startsWith('data-')) continue;
      // That something is pressed by a script shows; what the script does, does not.
      out += ' ' + name + '=' + quoted(name.startsWith('on') ? '' : value);
    }
    if (el.tagName === 'INPUT' && shownValues.has(el.type) && el.value !== '') out += ' value=' + quoted(el.value);
    const { style, hidden } = covered ? { style: '', hidden: true } : look(el);
    if (style !== '') out += ' style=' + quoted(style);
    return { out, hidden };
  }

  function write(node, covered) {
    if (node.nodeType === Node.TEXT_NODE) return text(node.data);
    if (node.nodeType === Node.COMMENT_NODE) return '<!--' + node.data.replace(/--+>?/g, '') + '-->';
    if (node.nodeType !== Node.ELEMENT_NODE || left.has(node.tagName.toUpperCase())) return '';
    const tag = node.tagName.toLowerCase();
    if (tag === 'head') return '<head>' + [...node.childNodes].filter((c) => c.nodeType === Node.COMMENT_NODE || c.tagName === 'TITLE').map((c) => write(c, true)).join('') + '</head>';
    const { out, hidden } = attributes(node, covered);
    if (empty.has(node.tagName)) return '<' + tag + out + '>';
    let body = '';
    if (tag === 'svg') body = '';
    else if (tag === 'textarea') body = '';
    else if (tag === 'iframe') return '<iframe' + out + framed(node) + '></iframe>';
    else {
      if (node.shadowRoot) body += '<template shadowrootmode="open">' + [...node.shadowRoot.childNodes].map((c) => write(c, hidden)).join('') + '</template>';
      body += [...node.childNodes].map((c) => write(c, hidden)).join('');
    }
    return '<' + tag + out + '>' + body + '</' + tag + '>';
  }

  function framed(frame) {
    try {
      const inner = frame.contentDocument && frame.contentDocument.documentElement;
      return inner ? ' srcdoc=' + quoted('<!DOCTYPE html>' + write(inner, false)) : '';
    } catch { return ''; }
  }

  return '<!DOCTYPE html>\n' + write(document.documentElement, false);
}
