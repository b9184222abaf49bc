// The elements of a page, each found in several ways that must agree.

// resolve finds one element of a page in all its ways. The ways must agree:
// the best one that finds exactly one element wins, and no other may point
// elsewhere.
function resolve(seen, page, name, memo) {
  if (memo.has(name)) return memo.get(name);
  memo.set(name, { status: 'missing', way: '', candidates: [] }); // an element that is its own company
  const result = find(seen, page, page.elements[name], memo);
  memo.set(name, result);
  return result;
}

function find(seen, page, spec, memo) {
  const { ways, pool, parts, left } = waysOf(seen, page, spec, memo);
  const found = agree(spec, ways, pool);
  if (found.el && outdone(found.el, left)) return { status: 'ambiguous', way: '', candidates: [found.el, ...left].slice(0, 5).map(describe) };
  const other = found.el && claimed(page, spec, found.el);
  if (other) return { status: 'disagree', way: '', candidates: [describe(found.el)] };
  if (found.el && parts) found.parts = parts;
  return found;
}

// claimed tells whether something that a field is called makes it another field of
// the page: one that a screen reader calls "Given name(s)" and the screen "Family
// Name" is neither.
function claimed(page, spec, el) {
  if (spec.role === 'action' || !spec.label) return false;
  const like = testOf(spec.label);
  const unlike = spec.unlike && testOf(spec.unlike);
  const own = (name) => says(like, name) && !(unlike && unlike(label(name)));
  const others = Object.values(page.elements).filter((other) => other !== spec && other.role === spec.role && other.label);
  return fieldNames(el).some(([way, names]) => way !== 'hint' && others.some((other) => names.some((name) => says(testOf(other.label), name)) && !names.some(own)));
}

// holdsManyRows tells that a part of the page shows a table so long that it says more
// than the 400 characters of what is aside: a row has more than two.
function holdsManyRows(part) {
  const rows = part.querySelectorAll('tr, [role=row]');
  return rows.length > 200 && displayed(rows[0]) && displayed(rows[rows.length - 1]);
}

// aside tells a button or field of a part of the page that is not about it: 'help' is the
// question whether the page was of any, 'notice' may be one, such as of cookies;
// '' is none of these.
function aside(el) {
  let formed = false; // around its form stands what is about other things as well
  for (let at = parent(el), depth = 0; at && depth < 4 && !at.matches('main, body, [role=main]'); at = parent(at), depth++) {
    if (holdsManyRows(at)) return ''; // far more text than that, and too much to read at every change
    const text = normalise(shownText(at));
    if (text.length > 400) return '';
    if (testOf(catalog.site.aside)(text)) return 'help';
    if (!formed && over.about && over.about(text) && !over.unlike(text) && !at.matches(fieldsCSS) && at.querySelector(fieldsCSS) === null) return 'notice';
    formed = formed || at.tagName === 'FORM';
  }
  return '';
}

// outdone tells that what was left out, without certainty, is as much a part of
// the page as what was found: then nobody can say which of them is meant.
function outdone(el, left) {
  const formed = (other) => owner(other) !== null;
  return left.length > 0 && (!closest(el, 'main, [role=main], form') || (!formed(el) && left.some(formed)));
}

// boxGroup is one field that is drawn as a row of boxes, one for each
// character: exactly so many of them, in one form.
function boxGroup(pool, count) {
  const parts = pool.filter((el) => el.maxLength === 1 && typed.has(el.type));
  return parts.length === count && parts.every((el) => owner(el) === owner(parts[0])) ? parts : null;
}

// waysOf lists what each way of an element finds, best way first.
function waysOf(seen, page, spec, memo) {
  const action = spec.role === 'action';
  // A box to tick is often drawn by its label and invisible itself.
  const shown = (el) => visible(el) || (spec.role === 'checkbox' && el.labels && [...el.labels].some(visible));
  let pool = (action ? seen.actions : seen.fields).filter((el) => fits(el, spec.role) && shown(el));
  if (spec.inside) {
    const asks = spec.asks && testOf(spec.asks);
    const around = select(seen, spec.inside).filter((outer) => visible(outer) && (!asks || asks(normalise(shownText(outer)))));
    pool = pool.filter((el) => around.some((outer) => contains(outer, el)));
  }
  // What asks whether a page was of any help asks for nothing else.
  if (!action) pool = pool.filter((el) => aside(el) !== 'help');
  let left = [];
  if (spec.apart) {
    const why = new Map(pool.map((el) => [el, (action && aside(el)) || (closest(el, spec.apart) ? 'apart' : '')]));
    left = waysByName(pool.filter((el) => !['', 'help'].includes(why.get(el))), spec, spec.label || {}).flatMap(([, list]) => list);
    pool = pool.filter((el) => why.get(el) === '');
  }
  if (spec.with) {
    const company = resolve(seen, page, spec.with, memo);
    if (company.el) pool = sameForm(pool, company.el);
  }
  const ways = [];
  const parts = spec.boxes ? boxGroup(pool, spec.boxes) : null;
  if (parts) return { ways: [['boxes', [parts[0]]]], pool: parts, parts, left };
  if ((spec.css || []).length > 0) {
    const found = spec.css.map((css) => select(seen, css).filter((el) => pool.includes(el)));
    ways.push(['id', found.find((list) => list.length === 1) || [...new Set(found.flat())]]);
  }
  if (spec.label && Object.keys(spec.label).length > 0) {
    const named = waysByName(pool, spec, spec.label);
    ways.push(...named);
    // Wordings that nobody has seen there count only where none that is known does.
    if (spec.also && named.every(([, list]) => list.length === 0)) ways.push(...waysByName(pool, spec, spec.also).map(([way, list]) => ['other ' + way, list]));
  }
  if (spec.shape) {
    for (const shape of spec.shape.split(/,\s*(?![^\[]*\])/)) {
      const found = shape === 'only' ? pool.filter((el) => !closest(el, '[role=search]') && el.type !== 'search') : select(seen, shape).filter((el) => pool.includes(el));
      // Some shapes say what a field is for.
      if (found.length > 0) { ways.push([shape.includes('autocomplete') ? 'shape' : 'any shape', found]); break; }
    }
  }
  return { ways, pool, left };
}

// waysByName lists what is called by one of some wordings, by the way that it is called.
function waysByName(pool, spec, texts) {
  const matches = testOf(texts);
  const unlike = spec.unlike && testOf(spec.unlike);
  const byWay = new Map();
  for (const el of pool) {
    for (const [way, names] of spec.role === 'action' ? actionNames(el) : fieldNames(el)) {
      if (!byWay.has(way)) byWay.set(way, []);
      if (names.some((name) => says(matches, name)) && !(unlike && names.some((name) => unlike(label(name))))) byWay.get(way).push(el);
    }
  }
  return [...byWay];
}

// sameForm keeps the elements that share a form with another one. Where
// that one has no form, its nearest surroundings decide.
function sameForm(pool, company) {
  const form = owner(company);
  if (form) return pool.filter((el) => owner(el) === form);
  for (let around = parent(company); around; around = parent(around)) {
    const near = pool.filter((el) => el !== company && contains(around, el));
    if (near.length > 0) return around.matches('body, html') ? near : pool.filter((el) => contains(enclosing(around), el));
  }
  return pool;
}

// enclosing widens a group of controls without a form to its section.
const enclosing = (el) => closest(el, 'section, article, fieldset, main, dialog, [role=dialog], [role=main], [role=region], [role=group], body') || el;

// twins are two links that say the same and lead to the same place: either
// will do.
const twins = (a, b) => a.tagName === 'A' && b.tagName === 'A' && /^https:/.test(a.href) && a.href === b.href && !a.href.includes('#')
  && a.target === b.target && label(actionText(a)) === label(actionText(b));

// innermost leaves out what is pressed by pressing another that says the same: a
// link that is dressed as a button has the one in the other.
const innermost = (list) => list.filter((el) => !list.some((other) => other !== el && contains(el, other) && label(actionText(el)) === label(actionText(other))));

// trust orders what is known of an element: its id, its wording, another
// wording, its shape.
const trust = (way) => (way === 'id' ? 0 : way.endsWith('shape') ? 3 : way.startsWith('other ') ? 2 : 1);

function agree(spec, ways, pool) {
  if (!spec.commits) ways = ways.map(([way, list]) => [way, innermost(list).filter((el, i, all) => !all.slice(0, i).some((other) => twins(el, other)))]);
  const hits = ways.filter(([, list]) => list.length > 0);
  const strong = hits.filter(([way]) => !way.endsWith('shape') && way !== 'hint');
  // A hint or a shape that knows one field well is right when others see it elsewhere.
  const firm = hits.filter(([way, list]) => spec.role !== 'action' && (way === 'hint' || way === 'shape') && list.length === 1);
  const candidates = [...new Set(hits.flatMap(([, list]) => list))];
  const failed = (status) => ({ status, way: '', candidates: candidates.slice(0, 5).map(describe) });
  if (hits.length === 0) return { ...failed('missing'), candidates: pool.slice(0, 3).map(describe) };
  let best = hits.find(([, list]) => list.length === 1);
  if (!best) {
    // Several by every way: only what all strong ways have in common counts.
    const common = (strong.length > 1 ? strong : []).reduce((all, [, list]) => (all ? all.filter((el) => list.includes(el)) : list), null) || [];
    if (common.length !== 1) return failed('ambiguous');
    best = [strong[0][0], common];
  }
  const el = best[1][0];
  if ([...strong, ...firm].some(([, list]) => !list.includes(el))) return failed('disagree');
  const danger = spec.role === 'action' ? dangersOf(el) : [];
  if (danger.length > 0 && !danger.includes(spec.danger)) return { ...failed('disagree'), danger: danger[0] };
  if (spec.commits && !ways.some(([way, list]) => way === 'text' && list.includes(el))) return failed('disagree');
  // A better way that is known of this element, and no longer finds anything.
  // All ways of the label are one: which of them a page uses is its own affair.
  const drift = ways.some(([way, list]) => trust(way) < trust(best[0]) && list.length === 0) && !hits.some(([way]) => trust(way) < trust(best[0]));
  return { status: 'found', el, way: best[0].endsWith('shape') ? 'shape' : best[0], drift, candidates: [] };
}
