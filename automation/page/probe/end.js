// What can be called from outside, and the first announcement.

globalThis.irccpin = { fill, arm, disarm, listeners, about, readTable, snapshot, inspect, located, matches, normalise, displayed, visible: (el) => displayed(el) && reachable(el) };

observer = new MutationObserver(mutated);
watch(document);
listen();
if (document.readyState !== 'loading') announce();
