// What can be called from outside, and the first announcement.

globalThis.irccpin = { fill, arm, disarm, about, readTable, snapshot, inspect, located, matches, normalise, displayed, visible: (el) => displayed(el) && reachable(el) };

observer = new MutationObserver(mutated);
guardWindow(window);
watch(document);
document.addEventListener('readystatechange', () => {
  // What the parser did is none of a script's work.
  if (document.readyState === 'interactive') observer.takeRecords();
  changed();
});
window.addEventListener('load', arrived);
window.addEventListener('pageshow', changed);
if (document.readyState !== 'loading') announce();
