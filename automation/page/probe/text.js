// Texts as they are compared: folded, without the noise of forms.

const folds = {
  '\u2018': "'", '\u2019': "'", '\u201a': "'", '\u201b': "'", '`': "'", '\u00b4': "'", '\u2032': "'",
  '\u201c': '"', '\u201d': '"', '\u201e': '"', '\u00ab': '"', '\u00bb': '"', '\u2033': '"',
  '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2212': '-',
  '\u0153': 'oe', '\u0152': 'oe', '\u00e6': 'ae', '\u00c6': 'ae',
};
const foldable = new RegExp('[' + Object.keys(folds).join('') + ']', 'g');

const ascii = /^[\x00-\x7f]*$/;

// normalise mirrors selectors.Normalise. Most texts are plain letters, for
// which a part of it does; of the others only a sigma is written small by
// what stands beside it.
function normalise(s) {
  if (ascii.test(s)) return s.replaceAll('`', "'").toLowerCase().replace(/\s+/g, ' ').trim();
  const folded = s.normalize('NFKD').replace(/[\p{Mn}\p{Cf}]/gu, '').replace(foldable, (c) => folds[c]);
  const small = folded.includes('\u03a3') ? folded.replace(/./gsu, (c) => c.toLowerCase()) : folded.toLowerCase();
  return small.replace(/[\s\u0085]+/g, ' ').trim();
}

const noise = catalog.site.labelNoise.map((re) => new RegExp(re, 'g'));

// labels remembers what label made of a text: the same few texts are asked
// about for every element of every page of the catalog.
const labels = new Map();
const mostLabels = 2000;

// label is a text without the marks that forms hang on their labels.
function label(s) {
  let text = labels.get(s);
  if (text === undefined) {
    text = bare(s);
    if (labels.size >= mostLabels) labels.clear();
    labels.set(s, text);
  }
  return text;
}

// raised are the marks of footnotes that are written as raised characters.
const raised = /[\u00b9\u00b2\u00b3\u2020\u2021\u2070-\u2079]+\s*$/;

function bare(s) {
  let text = normalise(s.replace(raised, ''));
  for (let before = null; before !== text;) {
    before = text;
    for (const re of noise) text = text.replace(re, '').trim();
  }
  return text;
}

// compile turns the catalog's wordings of all languages into one test.
function compile(texts, contained) {
  const exact = [];
  const patterns = [];
  for (const list of Object.values(texts || {})) {
    for (const wording of list) {
      if (wording.startsWith('~')) patterns.push(new RegExp(wording.slice(1)));
      else exact.push(normalise(wording));
    }
  }
  const test = (s) => s !== '' && (exact.some((w) => (contained ? s.includes(w) : s === w)) || patterns.some((p) => p.test(s)));
  // whole asks the same of a line of text that is no heading by its markup:
  // only wordings that say how a line begins may match it.
  const firm = patterns.filter((p) => p.source.startsWith('^'));
  test.whole = (s) => exact.includes(s) || firm.some((p) => p.test(s));
  return test;
}
