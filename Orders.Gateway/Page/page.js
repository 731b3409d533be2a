// What the page does beyond its form: answers without a reload, one more try for an order that may still be on its way, recent
// lookups, copying, local times. Every answer is still the server's own page; text from orders never passes through this script as markup.
'use strict';

const form = document.getElementById('lookup');
const field = document.getElementById('uid');
const announce = document.getElementById('announce');
const recent = document.getElementById('recent');
const recentKey = 'busorders.recent';
const recentMost = 8;
const busyAfterMs = 150;
const timeoutMs = 5000;
const retryAfterMs = 2000;
const timeStyle = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };

let running = null;
let retryTimer = 0;

function clean(raw) {
  const wrapping = /^[\s\u200B-\u200F\u2060\uFEFF"'`“”„‘’«»,;]+|[\s\u200B-\u200F\u2060\uFEFF"'`“”„‘’«»,;]+$/g;
  const found = raw.match(/"order_uid"\s*:\s*"([^"]*)"/) || raw.match(/(?:\/order\/|[?&]uid=)([^/?#&\s]+)/);
  return (found ? found[1] : raw).replace(wrapping, '');
}

async function look(uid, { history: how = 'push', isRetry = false } = {}) {
  clearTimeout(retryTimer);
  running?.abort();
  const mine = running = new AbortController();
  const address = uid ? '/?uid=' + encodeURIComponent(uid) : '/';
  const busy = setTimeout(() => answer().setAttribute('aria-busy', 'true'), busyAfterMs);
  try {
    const response = await fetch(address, {
      headers: { Accept: 'text/html' },
      signal: AbortSignal.any([mine.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (!page.getElementById('answer')) throw new Error('not a page of this service');
    if (how === 'push' && address !== location.pathname + location.search) history.pushState(null, '', address);
    show(page);
    settle(isRetry);
  } catch (error) {
    if (mine.signal.aborted) return;
    showOffline(uid, error.name === 'TimeoutError');
  } finally {
    clearTimeout(busy);
    answer().removeAttribute('aria-busy');
  }
}

const answer = () => document.getElementById('answer');

function show(page) {
  document.title = page.title;
  answer().replaceWith(document.adoptNode(page.getElementById('answer')));
  document.getElementById('uid-fault').replaceWith(document.adoptNode(page.getElementById('uid-fault')));
  const theirs = page.getElementById('uid');
  if (answer().dataset.state !== 'start') field.value = theirs.value;
  for (const name of ['aria-invalid', 'aria-describedby']) {
    if (theirs.hasAttribute(name)) field.setAttribute(name, theirs.getAttribute(name));
    else field.removeAttribute(name);
  }
  announce.textContent = page.title.replace(' · BusOrders', '');
  if (answer().dataset.state === 'invalid') field.focus();
}

function showOffline(uid, isTimeout) {
  const panel = element('div', 'panel panel-bad');
  panel.setAttribute('role', 'alert');
  const again = element('button', '', 'Try again');
  again.type = 'button';
  again.addEventListener('click', () => look(uid));
  const line = element('p');
  line.append(again);
  panel.append(
    element('h2', '', isTimeout ? 'No answer within five seconds' : 'The service cannot be reached'),
    element('p', '', isTimeout
      ? 'The service is there but slow. The order may well exist.'
      : 'Your device is offline, or the service is being restarted. This says nothing about the order.'),
    line);
  answer().replaceChildren(panel);
  answer().dataset.state = 'offline';
}

// After every answer, whether it came with the page or later.
function settle(isRetry) {
  const { state, uid } = answer().dataset;
  for (const time of document.querySelectorAll('time[datetime]')) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString('en-GB', timeStyle);
  }
  for (const button of document.querySelectorAll('[data-copy], [data-copy-json]')) button.hidden = false;
  if (state === 'found') remember(uid);
  if (state !== 'not-found') return;
  const note = document.getElementById('retry-note');
  if (isRetry) {
    note.textContent = 'Looked twice, two seconds apart.';
  } else {
    note.textContent = 'Looking once more in two seconds …';
    retryTimer = setTimeout(() => look(uid, { history: 'keep', isRetry: true }), retryAfterMs);
  }
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(recentKey) ?? '[]');
    return Array.isArray(kept) ? kept.filter(uid => typeof uid === 'string').slice(0, recentMost) : [];
  } catch {
    return []; // No storage, or not ours.
  }
}

function keep(uids) {
  try {
    localStorage.setItem(recentKey, JSON.stringify(uids));
  } catch {
    // Without storage there are no recent lookups.
  }
  showRecent();
}

function remember(uid) {
  keep([uid, ...recall().filter(other => other !== uid)].slice(0, recentMost));
}

function showRecent() {
  const uids = recall();
  recent.hidden = uids.length === 0;
  recent.querySelector('ul').replaceChildren(...uids.map(uid => {
    const link = element('a', '', uid);
    link.href = '/?uid=' + encodeURIComponent(uid);
    const item = element('li');
    item.append(link);
    return item;
  }));
}

function element(name, classes = '', text = '') {
  const made = document.createElement(name);
  made.className = classes;
  made.textContent = text;
  return made;
}

async function copy(button, text) {
  const label = button.textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain HTTP browsers offer no clipboard; the old way works there.
    const area = element('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    copied = document.execCommand('copy');
    area.remove();
    button.focus();
  }
  button.textContent = announce.textContent = copied ? 'Copied' : 'Could not copy';
  setTimeout(() => { button.textContent = label; }, 1500);
}

document.addEventListener('click', async event => {
  const target = event.target.closest('[data-copy], [data-copy-json], a[href^="/?uid="]');
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.dataset.copy) {
    copy(target, target.dataset.copy);
  } else if (target.dataset.copyJson) {
    try {
      const response = await fetch(target.dataset.copyJson, { headers: { Accept: 'application/json' } });
      if (!response.ok) throw new Error(String(response.status));
      copy(target, await response.text());
    } catch {
      announce.textContent = target.textContent = 'Could not copy';
    }
  } else {
    event.preventDefault();
    look(new URL(target.href).searchParams.get('uid'));
  }
});

form.addEventListener('submit', event => {
  event.preventDefault();
  field.value = clean(field.value);
  look(field.value);
});

field.addEventListener('paste', event => {
  const text = event.clipboardData?.getData('text') ?? '';
  const uid = clean(text);
  if (uid === text || field.value.slice(field.selectionStart, field.selectionEnd) !== field.value) return;
  event.preventDefault();
  field.value = uid;
});

field.addEventListener('keydown', event => {
  if (event.key === 'Escape') field.value = '';
});

recent.querySelector('button').addEventListener('click', () => {
  keep([]);
  field.focus();
});

addEventListener('popstate', () => look(new URLSearchParams(location.search).get('uid') ?? decodeURIComponent(location.pathname.split('/order/')[1] ?? ''), { history: 'keep' }));

showRecent();
settle(false);
