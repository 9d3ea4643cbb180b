// Draws the placed map as SVG and keeps it: elements are made once per node and edge and then only changed.
import { rate, percent, duration, health } from './format.js';
import { place } from './layout.js';

const SVG = 'http://www.w3.org/2000/svg';
const TITLE_LETTERS = 15; // that many fit a box; longer names are set narrower
const MARGIN = 34;
const LABEL = { width: 84, height: 33 };

export class MeshMap {
  #svg; #onChoose; #shape = ''; #edges = new Map(); #nodes = new Map(); #chosen = null; #layers;

  constructor(svg, onChoose) {
    this.#svg = svg;
    this.#onChoose = onChoose;
    this.#layers = { edges: make('g'), groups: make('g'), labels: make('g') };
    svg.append(this.#layers.edges, this.#layers.groups, this.#layers.labels);
    svg.addEventListener('click', e => { if (e.target === svg) { this.#onChoose(null); } });
  }

  update(nodes, edges) {
    const shape = JSON.stringify([[...nodes.keys()].sort(), edges.map(e => e.key).sort()]);
    if (shape !== this.#shape) { this.#shape = shape; this.#rebuild(nodes, edges); }
    for (const edge of edges) { this.#paintEdge(edge); }
    for (const node of nodes.values()) { this.#paintNode(node); }
    this.choose(this.#chosen);
  }

  choose(id) {
    this.#chosen = id;
    const near = new Set([id]);
    for (const [key, { edge }] of this.#edges) {
      if (key === id) { near.add(edge.source.id); near.add(edge.destination.id); }
      if (edge.source.id === id || edge.destination.id === id) { near.add(key); near.add(edge.source.id); near.add(edge.destination.id); }
    }
    for (const [key, { element, label }] of [...this.#edges, ...this.#nodes]) {
      element.classList.toggle('chosen', key === id);
      for (const part of [element, label]) { part?.classList.toggle('dimmed', id != null && !near.has(key)); }
    }
  }

  #rebuild(nodes, edges) {
    const box = this.#svg.getBoundingClientRect();
    const placed = place(nodes, edges, Math.max(0.8, box.width / Math.max(1, box.height)));
    this.#svg.setAttribute('viewBox', `${-MARGIN} ${-MARGIN} ${Math.max(placed.width, 700) + 2 * MARGIN} ${Math.max(placed.height, 380) + 2 * MARGIN}`);
    for (const layer of Object.values(this.#layers)) { layer.replaceChildren(); }
    this.#edges.clear();
    this.#nodes.clear();
    const at = new Map();
    const several = new Set([...placed.groups.values()].map(g => g.namespace).filter(Boolean)).size > 1;
    const dx = Math.max(0, 700 - placed.width) / 2, dy = Math.max(0, 380 - placed.height) / 2;
    for (const group of placed.groups.values()) {
      const g = make('g', { class: 'group' });
      g.append(make('rect', { x: group.x + dx, y: group.y + dy, width: group.width, height: group.height, rx: 10 }));
      const squeezed = group.app.length > TITLE_LETTERS ? { textLength: group.width - 22, lengthAdjust: 'spacingAndGlyphs' } : {};
      g.append(text(group.app, { class: 'title', x: group.x + dx + 11, y: group.y + dy + 21, ...squeezed }));
      if (group.namespace && several) { g.append(text(group.namespace, { class: 'ns', x: group.x + dx + group.width - 11, y: group.y + dy - 6, 'text-anchor': 'end' })); }
      for (const node of group.nodes) {
        const box = { ...node, x: node.x + dx, y: node.y + dy };
        at.set(node.id, box);
        g.append(this.#makeNode(box));
      }
      this.#layers.groups.append(g);
    }
    const taken = [];
    for (const edge of edges) { this.#makeEdge(edge, at, taken); }
  }

  #makeNode(box) {
    const element = make('g', { class: 'node', tabindex: 0, role: 'button' });
    element.append(make('rect', { x: box.x, y: box.y, width: box.width, height: box.height, rx: 7 }));
    element.append(make('circle', { class: 'state', cx: box.x + 13, cy: box.y + box.height / 2, r: 4 }));
    element.append(text(box.version || (box.outside ? 'callers' : 'all'), { x: box.x + 24, y: box.y + 20 }));
    const figure = text('', { class: 'rate', x: box.x + box.width - 10, y: box.y + 20, 'text-anchor': 'end' });
    element.append(figure);
    this.#interactive(element, box.id);
    this.#nodes.set(box.id, { element, figure });
    return element;
  }

  #makeEdge(edge, at, taken) {
    const from = at.get(edge.source.id), to = at.get(edge.destination.id);
    if (!from || !to) { return; }
    const curve = route(from, to);
    const element = make('g', { class: 'edge', tabindex: 0, role: 'button', 'data-edge': `${edge.source.id}>${edge.destination.id}`, 'data-mtls': '' });
    const line = make('path', { class: 'line', d: curve.d });
    const tip = make('path', { class: 'tip', d: `M${curve.end.x},${curve.end.y} l-8,-4.5 v9 z` });
    element.append(line, make('path', { class: 'hit', d: curve.d }), tip);
    const flow = [0, 1, 2].map(i => {
      const dot = make('circle', { class: 'flow', r: 2.2 });
      const motion = make('animateMotion', { path: curve.d, dur: '3s', begin: `${-i}s`, repeatCount: 'indefinite' });
      dot.append(motion);
      element.append(dot);
      return { dot, motion };
    });
    const label = make('g', { class: 'edge' });
    const inner = make('g', { class: 'label' });
    const spot = free(curve, taken);
    const back = make('rect', { x: spot.x - LABEL.width / 2, y: spot.y - LABEL.height / 2, width: LABEL.width, height: LABEL.height, rx: 6 });
    const first = text('', { x: spot.x + 7, y: spot.y - 2, 'text-anchor': 'middle' });
    const second = text('', { class: 'soft', x: spot.x, y: spot.y + 12, 'text-anchor': 'middle' });
    const lock = make('use', { x: spot.x - LABEL.width / 2 + 4, y: spot.y - 13, width: 12, height: 12 });
    inner.append(back, first, second, lock);
    label.append(inner);
    this.#interactive(element, edge.key);
    label.addEventListener('click', () => this.#onChoose(edge.key));
    this.#layers.edges.append(element);
    this.#layers.labels.append(label);
    this.#edges.set(edge.key, { edge, element, label, line, flow, first, second, lock });
  }

  #paintEdge(edge) {
    const kept = this.#edges.get(edge.key);
    if (!kept) { return; }
    kept.edge = edge;
    const state = health(edge);
    for (const part of [kept.element, kept.label]) { part.setAttribute('class', `edge ${state}`); }
    kept.line.style.strokeWidth = 1.5 + Math.min(6, Math.log2(1 + edge.requestsPerSecond));
    const tcp = edge.protocol === 'tcp';
    kept.first.textContent = state === 'idle' ? 'quiet' : tcp ? `${edge.openConnections} open` : `${rate(edge.requestsPerSecond)}/s`;
    // What is wrong comes before how fast it is.
    kept.second.textContent = edge.successRate != null && edge.successRate < 0.999 ? `${percent(edge.successRate)} ok` : edge.latencyMs ? `p99 ${duration(edge.latencyMs.p99)}` : tcp ? 'tcp' : '';
    kept.second.setAttribute('class', state === 'bad' || state === 'warn' ? `soft ${state}` : 'soft');
    kept.lock.setAttribute('href', edge.mtls == null || edge.mtls >= 1 ? '#lock' : '#unlock');
    kept.lock.style.display = edge.mtls == null ? 'none' : '';
    kept.element.dataset.mtls = edge.mtls == null ? 'none' : edge.mtls >= 1 ? 'locked' : 'open';
    kept.element.setAttribute('aria-label', `${edge.source.id} calls ${edge.destination.id}: ${rate(edge.requestsPerSecond)} requests a second, `
      + `${percent(edge.successRate)} succeed${edge.mtls >= 1 ? ', mutual TLS' : ', not all encrypted'}`);
    const busy = state !== 'idle' && edge.requestsPerSecond > 0;
    const seconds = Math.max(1.2, 4 - Math.log10(1 + edge.requestsPerSecond));
    for (const { dot, motion } of kept.flow) {
      dot.style.display = busy ? '' : 'none';
      if (motion.dataset.pace !== seconds.toFixed(0)) { motion.dataset.pace = seconds.toFixed(0); motion.setAttribute('dur', `${seconds.toFixed(0)}s`); }
    }
  }

  #paintNode(node) {
    const kept = this.#nodes.get(node.id);
    if (!kept) { return; }
    kept.element.setAttribute('class', `node ${node.health}`);
    kept.figure.textContent = node.outside ? '' : node.requestsPerSecond > 0 ? `${rate(node.requestsPerSecond)}/s` : '';
    kept.element.setAttribute('aria-label', `${node.id}: ${rate(node.requestsPerSecond)} requests a second, ${percent(node.successRate)} succeed`);
  }

  #interactive(element, id) {
    element.addEventListener('click', () => this.#onChoose(id));
    element.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); this.#onChoose(id); } });
  }
}

/** A curve from the right side of one box to the left side of another; a loop below when it goes back. */
function route(from, to) {
  const start = { x: from.x + from.width + 10, y: from.y + from.height / 2 };
  const end = { x: to.x - 12, y: to.y + to.height / 2 };
  if (end.x > start.x) {
    const bend = Math.max(50, (end.x - start.x) * 0.45);
    return { d: `M${start.x},${start.y} C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x - 6},${end.y}`, start, end, bend };
  }
  const below = Math.max(start.y, end.y) + 90;
  return { d: `M${start.x},${start.y} C${start.x + 80},${below} ${end.x - 80},${below} ${end.x - 6},${end.y}`, start, end, bend: 0, below };
}

/** A place for the label on the curve that no other label has. */
function free(curve, taken) {
  for (const t of [0.5, 0.72, 0.28, 0.8, 0.62, 0.38, 0.2]) {
    const spot = curve.below ? { x: (curve.start.x + curve.end.x) / 2, y: curve.below - 24 } : point(curve, t);
    if (taken.every(o => Math.abs(o.x - spot.x) > LABEL.width + 4 || Math.abs(o.y - spot.y) > LABEL.height + 3)) { taken.push(spot); return spot; }
  }
  const spot = point(curve, 0.5);
  taken.push(spot);
  return spot;
}

function point({ start, end, bend }, t) {
  const u = 1 - t;
  const x = u ** 3 * start.x + 3 * u * u * t * (start.x + bend) + 3 * u * t * t * (end.x - bend) + t ** 3 * end.x;
  const y = u ** 3 * start.y + 3 * u * u * t * start.y + 3 * u * t * t * end.y + t ** 3 * end.y;
  return { x, y };
}

function make(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) { element.setAttribute(key, value); }
  return element;
}

function text(content, attributes) {
  const element = make('text', attributes);
  element.textContent = content;
  return element;
}
