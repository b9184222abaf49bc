// Where the probe is at home.

// Only the top document is driven. Same-origin frames are read from here;
// foreign frames are never touched.
if (window !== window.top || globalThis.irccpin) return;
// Elsewhere (at a bank, where a person signs in) nothing is even looked at. An
// empty window has no host, and the page that opened it can write into it.
const atHome = (host) => host === '' || catalog.site.hosts.some((h) => host === h.host || (h.subdomains && host.endsWith('.' + h.host)));
if (!atHome(location.hostname)) return;
