// The page: takes a snapshot a second from the control plane and shows it as figures, map, table and state.
import { rate, percent, duration, bytes, health, nodeName } from './format.js';
import { MeshMap } from './map.js';

const $ = id => document.getElementById(id);
let chosen = null, paused = false, last = null;
const map = new MeshMap($('map'), choose);

// Somebody who only glances gets by with a few fetches; who stays gets a stream.
const GLANCE_MS = 8000;
const opened = performance.now();

async function begin() {
  try {
    const answer = await fetch('/weft/v1/map');
    if (answer.status === 401) { say('lost', 'signed out: run weft dashboard for a new link'); return; }
    take(await answer.json());
  } catch { say('lost', 'reconnecting'); }
  if (performance.now() - opened < GLANCE_MS) { setTimeout(begin, 1000); } else { follow(); }
}

function follow() {
  const source = new EventSource('/weft/v1/live');
  source.addEventListener('snapshot', e => take(JSON.parse(e.data)));
  source.onerror = () => {
    say('lost', 'reconnecting');
    if (source.readyState === EventSource.CLOSED) { setTimeout(begin, 2000); } // it says whether we are signed out
  };
}

function take(snapshot) {
  say('live', 'live');
  last = snapshot;
  if (!paused) { show(last); }
}

function say(state, words) { $('connection').dataset.state = state; $('connection').textContent = words; }

function choose(id) {
  chosen = chosen === id ? null : id;
  map.choose(chosen);
  if (last) { showDetail(model(last)); showRows(model(last)); }
}

/** What is shown of a snapshot: edges of one pair and service merged by the server already; here nodes get their sums. */
function model(snapshot) {
  const ns = $('namespace').value;
  const edges = snapshot.edges
    .filter(e => !ns || e.source.namespace === ns || e.destination.namespace === ns)
    .map(e => ({ ...e, key: `${e.source.id}>${e.destination.id}:${e.service}:${e.port}:${e.protocol}` }));
  const nodes = new Map();
  for (const e of edges) {
    for (const n of [e.source, e.destination]) { if (!nodes.has(n.id)) { nodes.set(n.id, { ...n, requests: 0, failures: 0, requestsPerSecond: 0, health: 'idle' }); } }
    const node = nodes.get(e.destination.id);
    node.requests += e.requests;
    node.failures += e.failures;
    node.requestsPerSecond += e.requestsPerSecond;
  }
  for (const node of nodes.values()) {
    node.successRate = node.requests ? 1 - node.failures / node.requests : null;
    node.health = node.requests ? health({ ...node, openConnections: 0 }) : 'idle';
  }
  return { nodes, edges, snapshot };
}

function show(snapshot) {
  showNamespaces(snapshot);
  const m = model(snapshot);
  $('empty').hidden = m.edges.length > 0;
  map.update(m.nodes, m.edges);
  showFigures(m);
  showRows(m);
  showDetail(m);
  showMesh(snapshot);
}

function showNamespaces(snapshot) {
  const names = [...new Set(snapshot.edges.flatMap(e => [e.source.namespace, e.destination.namespace]).filter(Boolean))].sort();
  const select = $('namespace'), before = [...select.options].slice(1).map(o => o.value);
  if (names.join() === before.join()) { return; }
  const value = select.value;
  select.replaceChildren(new Option('all', ''), ...names.map(n => new Option(n, n)));
  select.value = names.includes(value) ? value : '';
}

function showFigures({ edges, snapshot }) {
  const http = edges.filter(e => e.requests > 0);
  const requests = sum(http, 'requests'), failures = sum(http, 'failures');
  const inside = edges.filter(e => e.mtls != null && !e.source.outside); // nobody outside has an identity to encrypt with
  const calls = sum(inside, 'requests'), locked = inside.reduce((n, e) => n + e.mtls * e.requests, 0);
  const proxies = snapshot.status.proxies;
  fill($('figures'), [
    ['requests/s', rate(sum(edges, 'requestsPerSecond'))],
    ['success', requests ? percent(1 - failures / requests) : '–'],
    ['encrypted', calls ? percent(locked / calls) : '–'],
    ['proxies ready', `${proxies.ready} of ${proxies.total}`],
  ].map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

function showRows({ edges, snapshot }) {
  $('window').textContent = `last ${snapshot.windowSeconds} s`;
  const rows = [...edges].sort((a, b) => b.requestsPerSecond - a.requestsPerSecond || (a.key < b.key ? -1 : 1)).map(e => {
    const state = health(e);
    const row = el('tr', { class: `${state === 'idle' ? 'idle' : ''} ${e.key === chosen ? 'chosen' : ''}`, tabindex: 0 },
      el('td', {}, ...name(e.source)),
      el('td', {}, e.mtls == null ? '' : e.mtls >= 1 ? icon('lock', 'yes') : icon('unlock', `only ${percent(e.mtls)}`)),
      el('td', {}, ...name(e.destination)),
      el('td', { class: 'n' }, e.protocol === 'tcp' ? `${e.openConnections} open` : rate(e.requestsPerSecond)),
      el('td', { class: `n ${state}` }, percent(e.successRate)),
      el('td', { class: 'n' }, duration(e.latencyMs?.p50)), el('td', { class: 'n' }, duration(e.latencyMs?.p99)));
    row.addEventListener('click', () => choose(e.key));
    row.addEventListener('keydown', k => { if (k.key === 'Enter') { choose(e.key); } });
    return row;
  });
  const focused = [...$('rows').children].indexOf(document.activeElement);
  fill($('rows'), rows);
  if (focused >= 0) { $('rows').children[Math.min(focused, rows.length - 1)]?.focus(); }
}

function showDetail({ nodes, edges }) {
  const edge = edges.find(e => e.key === chosen), node = nodes.get(chosen);
  $('detail').hidden = !edge && !node;
  if (edge) {
    fill($('detail'), [
      el('h2', {}, `${nodeName(edge.source)} → ${nodeName(edge.destination)}`, icon(edge.mtls >= 1 ? 'lock' : 'unlock', '')),
      list([
        ['service', `${edge.service || '–'}${edge.port ? `:${edge.port}` : ''}`], ['protocol', edge.protocol],
        ['requests', `${rate(edge.requestsPerSecond)}/s, ${edge.totalRequests} in all`], ['success', percent(edge.successRate)],
        ['latency', edge.latencyMs ? `p50 ${duration(edge.latencyMs.p50)} · p90 ${duration(edge.latencyMs.p90)} · p99 ${duration(edge.latencyMs.p99)}` : '–'],
        ['statuses', Object.entries(edge.statuses).map(([s, n]) => `${s}: ${n}`).join(', ') || '–'],
        ['bytes', `${bytes(edge.bytesSentPerSecond)} sent, ${bytes(edge.bytesReceivedPerSecond)} received`],
        ['mutual TLS', edge.mtls == null ? '–' : edge.mtls >= 1 ? 'all of it' : percent(edge.mtls)],
      ]),
      spark(edge.sparkline),
    ]);
  } else if (node) {
    const calls = edges.filter(e => e.source.id === node.id), called = edges.filter(e => e.destination.id === node.id);
    fill($('detail'), [
      el('h2', {}, nodeName(node)),
      list([
        ['namespace', node.namespace || '–'], ['asked', `${rate(node.requestsPerSecond)}/s, ${percent(node.successRate)} succeed`],
        ['called by', called.map(e => nodeName(e.source)).join(', ') || '–'], ['calls', calls.map(e => nodeName(e.destination)).join(', ') || '–'],
      ]),
    ]);
  }
}

function showMesh(snapshot) {
  const { status, proxies } = snapshot;
  fill($('mesh'), [
    el('p', {}, `Trust domain ${status.trustDomain} · revision ${status.revision} · ${status.proxies.synced} of ${status.proxies.total} proxies in step`),
    ...status.problems.list.map(p => el('div', { class: `problem ${p.level}` }, `${p.resource} ${p.path}: ${p.message}`)),
    el('ul', {}, ...proxies.map(p => el('li', {}, el('span', { class: `dot ${p.state}`, 'aria-hidden': 'true' }), el('span', {}, p.workload),
      el('span', { class: 'what' }, `${p.state}${p.rssMiB ? ` · ${p.rssMiB.toFixed(1)} MiB` : ''}${p.nacks.length ? ' · refuses configuration' : ''}${p.overload ? ` · sheds load, ${p.overload.split(':')[0]}` : ''}`)))),
  ]);
}

const sum = (list, field) => list.reduce((n, e) => n + (e[field] ?? 0), 0);
const name = n => n.version ? [n.app, el('span', { class: 'version' }, `-${n.version}`)] : [n.app];
const list = pairs => el('dl', {}, ...pairs.flatMap(([t, d]) => [el('dt', {}, t), el('dd', {}, String(d))]));
const fill = (parent, children) => parent.replaceChildren(...children);

function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) { element.setAttribute(key, value); }
  element.append(...children);
  return element;
}

function icon(id, words) {
  const span = el('span', words ? { title: words } : {});
  span.innerHTML = `<svg class="lock" viewBox="0 0 12 12" aria-hidden="true"><use href="#${id}"/></svg>`;
  if (words) { span.append(el('span', { class: 'sr' }, words)); }
  return span;
}

function spark(values) {
  const top = Math.max(1, ...values), svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', `0 0 ${Math.max(1, values.length - 1)} 1`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'requests per second over the last half minute');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', values.map((v, i) => `${i ? 'L' : 'M'}${i},${(1 - v / top * 0.94 - 0.03).toFixed(3)}`).join(''));
  svg.append(path);
  return svg;
}

$('pause').addEventListener('click', () => {
  paused = !paused;
  $('pause').setAttribute('aria-pressed', paused);
  $('pause').textContent = paused ? 'Resume' : 'Pause';
  if (!paused && last) { show(last); }
});
$('namespace').addEventListener('change', () => { if (last) { show(last); } });
$('theme').addEventListener('click', () => {
  const dark = (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('weft-theme', document.documentElement.dataset.theme);
});
if (localStorage.getItem('weft-theme')) { document.documentElement.dataset.theme = localStorage.getItem('weft-theme'); }
document.addEventListener('keydown', e => { if (e.key === 'Escape' && chosen) { choose(chosen); } });
begin();
