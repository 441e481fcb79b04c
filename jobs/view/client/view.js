/** @param {string} selector @returns {HTMLElement[]} */
const all = (selector) => [...document.querySelectorAll(selector)].filter((node) => node instanceof HTMLElement);
/** @param {string} selector @returns {HTMLElement | undefined} */
const one = (selector) => all(selector)[0];

/** A piece of a page that the server made. @param {string} address @returns {Promise<DocumentFragment>} */
async function pieceOf(address) {
  const response = await fetch(address, { headers: { 'x-part': '1' } });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return document.createRange().createContextualFragment(await response.text());
}

/** @param {string} text */
function tell(text) {
  const status = one('#status');
  if (status) status.textContent = text;
}

// Lists ------------------------------------------------------------------

let asked = 0;

/** @param {string} address */
async function showList(address) {
  const mine = ++asked;
  const piece = await pieceOf(address);
  if (mine !== asked) return;
  one('#list')?.replaceWith(piece);
  history.replaceState(null, '', address);
}

const filters = document.querySelector('form[data-live]');
if (filters instanceof HTMLFormElement) {
  const update = () => {
    const given = [...new FormData(filters)]
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, String(value)]);
    showList(`${filters.action.split('?')[0]}?${new URLSearchParams(given)}`).catch((error) => tell(error.message));
  };
  let waiting = 0;
  filters.addEventListener('input', (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(update, event.target instanceof HTMLSelectElement ? 0 : 120);
  });
  filters.addEventListener('submit', (event) => {
    event.preventDefault();
    update();
  });
}

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const part = event.target.closest('a[data-part]');
  if (part instanceof HTMLAnchorElement) {
    event.preventDefault();
    showList(part.href).catch((error) => tell(error.message));
    return;
  }
  if (event.target.closest('a, button, input, summary, label')) return;
  const row = event.target.closest('tr[data-href]');
  if (row instanceof HTMLElement && !getSelection()?.toString()) location.href = row.dataset.href ?? '';
});

// Steps of a trace -------------------------------------------------------

const steps = one('#steps');
const [count, chunk] = [Number(steps?.dataset.steps ?? 0), Number(steps?.dataset.chunk ?? 100)];
/** @type {Map<Element, Promise<void>>} */
const filling = new Map();

/** @param {Element} list */
function fill(list) {
  const known = filling.get(list);
  if (known) return known;
  const work = pieceOf(`${steps?.dataset.part}?from=${list instanceof HTMLElement ? list.dataset.from : 1}`).then(
    (piece) => {
      list.replaceChildren(piece);
      list.classList.remove('waiting');
      if (list instanceof HTMLElement) list.style.minHeight = '';
    },
  );
  work.catch((error) => {
    filling.delete(list);
    tell(error.message);
  });
  filling.set(list, work);
  return work;
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting && target.classList.contains('waiting')) fill(target);
  },
  { rootMargin: '1500px' },
);
for (const list of all('ol.chunk.waiting')) near.observe(list);

/** Fetches the step if need be, and goes there. @param {number} number @param {boolean} [isFocused] */
async function goTo(number, isFocused = true) {
  const start = number - ((number - 1) % chunk);
  const list = one(`ol.chunk[data-from="${start}"]`);
  if (list?.classList.contains('waiting')) await fill(list);
  const step = one(`#step-${number}`);
  if (!step) return;
  for (const marked of all('.step.here')) marked.classList.remove('here');
  step.classList.add('here');
  step.scrollIntoView({ block: 'start', behavior: 'instant' });
  if (isFocused) step.focus({ preventScroll: true });
  history.replaceState(null, '', `#step-${number}`);
}

/** The step that is marked, or the first one in sight. */
function stepHere() {
  const marked = one('.step.here');
  if (marked) return Number(marked.dataset.step);
  const first = all('.step').find((step) => step.getBoundingClientRect().bottom > 80);
  return first ? Number(first.dataset.step) - 1 : 0;
}

const named = /^#step-(\d+)$/.exec(location.hash);
if (steps && named) goTo(Number(named[1])).catch((error) => tell(error.message));
addEventListener('hashchange', () => {
  const to = /^#step-(\d+)$/.exec(location.hash);
  if (steps && to) goTo(Number(to[1]));
});

/** @type {number[]} */
let found = [];
const search = document.querySelector('form[data-find]');
if (search instanceof HTMLFormElement) {
  let waiting = 0;
  const look = async () => {
    const text = String(new FormData(search).get('q') ?? '');
    const output = search.querySelector('output');
    const response = await fetch(`${search.dataset.find}?${new URLSearchParams({ q: text })}`);
    found = await response.json();
    if (output)
      output.textContent =
        text === ''
          ? ''
          : `${found.length} ${found.length === 1 ? 'step' : 'steps'}${found.length > 0 ? ', n and N walk' : ''}`;
  };
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look().catch((error) => tell(error.message)), 150);
  });
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    look()
      .then(() => (found[0] === undefined ? undefined : goTo(found[0])))
      .catch((error) => tell(error.message));
  });
}

for (const box of document.querySelectorAll('input[data-toggle]')) {
  if (!(box instanceof HTMLInputElement)) continue;
  const name = `socratic-hide-${box.dataset.toggle}`;
  const apply = () => document.body.classList.toggle(`hide-${box.dataset.toggle}`, !box.checked);
  box.checked = localStorage.getItem(name) !== '1';
  apply();
  box.addEventListener('change', () => {
    localStorage.setItem(name, box.checked ? '0' : '1');
    apply();
  });
}

// Keys -------------------------------------------------------------------

const help = document.querySelector('dialog#help');
const openHelp = () => {
  if (help instanceof HTMLDialogElement && !help.open) help.showModal();
};
one('#help-button')?.addEventListener('click', openHelp);

/** @param {number} by */
function moveRow(by) {
  const rows = all('tr[data-href]');
  const at = rows.findIndex((row) => row.classList.contains('here'));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (!next) return;
  rows[at]?.classList.remove('here');
  next.classList.add('here');
  next.querySelector('a')?.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

/** @param {number} by */
function move(by) {
  if (steps) goTo(Math.max(1, Math.min(count, stepHere() + by)));
  else moveRow(by);
}

/** @param {number} by */
function walkFound(by) {
  const here = stepHere();
  const next = by > 0 ? found.find((n) => n > here) : found.findLast((n) => n < here);
  const to = next ?? (by > 0 ? found[0] : found.at(-1));
  if (to !== undefined) goTo(to);
}

/** @param {string} rel */
const follow = (rel) => one(`a[rel="${rel}"]`)?.click();

/** @type {Record<string, () => void>} */
const keys = {
  j: () => move(1),
  k: () => move(-1),
  h: () => follow('prev'),
  l: () => follow('next'),
  ArrowLeft: () => follow('prev'),
  ArrowRight: () => follow('next'),
  n: () => walkFound(1),
  N: () => walkFound(-1),
  '/': () => one('input[type="search"]')?.focus(),
  '?': openHelp,
};

addEventListener('keydown', (event) => {
  const target = event.target;
  const isTyping =
    target instanceof HTMLElement &&
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) &&
    !(target instanceof HTMLInputElement && target.type === 'checkbox');
  if (
    target instanceof HTMLTextAreaElement &&
    target.dataset.submit !== undefined &&
    event.key === 'Enter' &&
    (event.ctrlKey || event.metaKey)
  ) {
    target.form?.requestSubmit();
    return;
  }
  if (isTyping && event.key === 'Escape' && target instanceof HTMLElement) target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || (help instanceof HTMLDialogElement && help.open))
    return;
  const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (!action) return;
  // a chart or table that scrolls sideways keeps its arrows
  if (event.key.startsWith('Arrow') && target instanceof Element && target.closest('.chart, .scroll')) return;
  event.preventDefault();
  action();
});

document.body.dataset.ready = '1';
