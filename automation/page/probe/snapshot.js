// What is announced of a page.

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

// charsetOf is what the form that commits wants to be sent in, where it says so.
function charsetOf(page, memo) {
  for (const [name, spec] of Object.entries(page.elements)) {
    const found = spec.commits && memo.get(name);
    const form = found && found.el && found.el.form;
    if (form && form.acceptCharset) return form.acceptCharset.trim().split(/[\s,]+/)[0];
  }
  return '';
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
    out[name].shown = displayed(found[0].body);
    out[name].touched = touched(found[0].body);
    out[name].filling = filling(found[0], rows, tableTests.get(keyOf(page, name)));
    out[name].loading = loading(found[0], rows, tableTests.get(keyOf(page, name)));
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
  shot.charset = document.characterSet;
  if (mains.length === 1) {
    const { page, memo } = mains[0];
    shot.elements = elementState(seen, page, memo);
    shot.charset = charsetOf(page, memo) || shot.charset;
    shot.tables = tableState(seen, page);
    shot.facets = Object.entries(page.facets || {}).filter(([, mark]) => holds({ ...seen, text: seen.said }, page, mark, memo)).map(([name]) => name);
    if (page.details) {
      shot.details = {};
      const others = (text) => Object.values(page.details).some((texts) => testOf(texts)(text));
      for (const [name, texts] of Object.entries(page.details)) shot.details[name] = detail(seen, texts, others);
    }
    const answer = page.elements.answer && memo.get('answer');
    if (answer && answer.el) shot.asked = asked(answer.el);
  } else {
    shot.nearest = nearest;
    const { says, unlike } = catalog.site.refusals;
    shot.refusal = seen.lines.find((line) => testOf(says)(line) && !testOf(unlike)(line));
    shot.headings = seen.headings.filter(visible).map((el) => tidy(textOf(el))).slice(0, 8);
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
