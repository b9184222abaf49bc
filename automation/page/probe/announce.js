// When it is announced: whenever something has changed, and once a second while a
// page is not ready yet.

let last = '';
let scheduled = 0;
let watchdog = 0;

function announce() {
  clearTimeout(scheduled);
  scheduled = 0;
  if (!document.documentElement) return;
  const shot = snapshot();
  const text = JSON.stringify(shot);
  if (text !== last) {
    last = text;
    globalThis[binding](JSON.stringify({ page: shot }));
  }
  // A shadow root can be filled without any change that can be watched, so
  // a page that is not ready yet is looked at once a second as well, and so is one
  // that should long have gone on.
  clearTimeout(watchdog);
  const spec = shot.pages.length === 1 && pages.find((p) => p.name === shot.pages[0] && p.variant === shot.variant);
  const ready = spec && spec.kind !== 'transit' && Object.entries(shot.elements).every(([name, e]) => e.status === 'found' || !spec.elements[name].required);
  if (!ready) watchdog = setTimeout(announce, 1000);
}

// Changes come in bursts; 15 ms gathers a burst and is below what a person
// notices. Nobody acts on a page that is still loading, and looking at it takes
// time from that: it is looked at now and then, in case it never completes.
function changed() {
  if (!scheduled) scheduled = setTimeout(announce, document.readyState === 'complete' ? 15 : 250);
}

// arrived is for the moment at which a page is complete: it is looked at once
// its own scripts have had their turn.
function arrived() {
  clearTimeout(scheduled);
  scheduled = setTimeout(announce, 0);
}

// listen hears how far the page is. See watch for why it is called at each look.
function listen() {
  document.addEventListener('readystatechange', parsed);
  window.addEventListener('load', arrived);
  window.addEventListener('pageshow', changed);
}

function parsed() {
  // What the parser did is none of a script's work.
  if (document.readyState === 'interactive') observer.takeRecords();
  changed();
}

// What scripts did to the document since it was parsed: a table that they
// never touched is as the server sent it.
const stirred = new Set(); // what was changed inside
const brought = new Set(); // what was put in
const mostStirred = 100; // beyond it everything counts as touched

function mutated(records) {
  for (const record of document.readyState === 'loading' ? [] : records) {
    if (stirred.size + brought.size >= mostStirred) break;
    if (record.type === 'attributes') continue;
    stirred.add(record.target);
    for (const node of record.addedNodes) brought.add(node);
  }
  changed();
}

// touched tells whether a script may have put rows into a table, or the table
// into the page. What lies in a frame or a shadow root is a script's work.
function touched(table) {
  return table.getRootNode() !== document || stirred.size + brought.size >= mostStirred
    || [...stirred].some((node) => table.contains(node)) || [...brought].some((node) => node.contains(table));
}
