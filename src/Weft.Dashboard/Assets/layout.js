// Places applications in columns from callers to called: cycles are cut, columns follow the longest path, and the order
// inside a column is the one with few crossings. Deterministic, so that the map does not jump. Pure.

const NODE = { width: 132, height: 30, gap: 14, head: 34, pad: 9 };
const COLUMN_GAP = 118, ROW_GAP = 44, ROW_GAP_MAX = 150;

/**
 * @param {number} aspect width by height of the space, so that rows spread where the map would be a thin band
 * @returns {{groups: Map, width: number, height: number}} groups by "namespace/app", each with its nodes placed
 */
export function place(nodes, edges, aspect) {
  const groups = grouped(nodes);
  const links = groupLinks(edges, groups);
  rank(groups, links);
  const columns = order(groups, links);
  return coordinates(groups, columns, aspect);
}

export const groupId = node => node.outside ? node.id : `${node.namespace}/${node.app}`;

function grouped(nodes) {
  const groups = new Map();
  for (const node of [...nodes.values()].sort((a, b) => a.id < b.id ? -1 : 1)) {
    const id = groupId(node);
    if (!groups.has(id)) { groups.set(id, { id, app: node.app, namespace: node.namespace, outside: node.outside, nodes: [], rank: 0 }); }
    groups.get(id).nodes.push(node);
  }
  return groups;
}

function groupLinks(edges, groups) {
  const seen = new Map();
  for (const e of edges) {
    const from = groupId(e.source), to = groupId(e.destination);
    if (from !== to && groups.has(from) && groups.has(to)) { seen.set(`${from}>${to}`, { from, to }); }
  }
  return [...seen.values()];
}

function rank(groups, links) {
  const out = id => links.filter(l => l.from === id && !l.back);
  const state = new Map();
  const visit = id => {
    state.set(id, 'open');
    for (const link of out(id)) {
      if (state.get(link.to) === 'open') { link.back = true; } else if (!state.has(link.to)) { visit(link.to); }
    }
    state.set(id, 'done');
  };
  const called = new Set(links.map(l => l.to));
  const roots = [...groups.keys()].sort((a, b) => (groups.get(b).outside - groups.get(a).outside) || called.has(a) - called.has(b) || (a < b ? -1 : 1));
  for (const id of roots) { if (!state.has(id)) { visit(id); } }
  for (let i = 0, moved = true; moved && i <= groups.size; i++) {
    moved = false;
    for (const l of links) {
      if (!l.back && groups.get(l.to).rank < groups.get(l.from).rank + 1) { groups.get(l.to).rank = groups.get(l.from).rank + 1; moved = true; }
    }
  }
}

function order(groups, links) {
  const columns = [];
  for (const g of groups.values()) { (columns[g.rank] ??= []).push(g); }
  for (let i = 0; i < columns.length; i++) { columns[i] ??= []; }
  const index = () => columns.forEach(c => c.forEach((g, i) => { g.order = i - (c.length - 1) / 2; }));
  index();
  for (let sweep = 0; sweep < 6; sweep++) {
    const down = sweep % 2 === 0;
    for (const column of down ? columns : [...columns].reverse()) {
      for (const g of column) {
        const near = links.filter(l => down ? l.to === g.id : l.from === g.id).map(l => groups.get(down ? l.from : l.to).order);
        g.pull = near.length ? near.reduce((a, b) => a + b, 0) / near.length : g.order;
      }
      column.sort((a, b) => a.pull - b.pull || (a.id < b.id ? -1 : 1));
      index();
    }
  }
  return columns;
}

function coordinates(groups, columns, aspect) {
  const heightOf = g => NODE.head + g.nodes.length * (NODE.height + NODE.gap) - NODE.gap + NODE.pad;
  const solid = c => c.reduce((sum, g) => sum + heightOf(g), 0);
  const width = NODE.width + NODE.pad * 2;
  const wide = columns.length * (width + COLUMN_GAP) - COLUMN_GAP;
  const rows = Math.max(...columns.map(c => c.length));
  const wanted = wide / aspect * 0.8;
  const tallest = columns.reduce((a, b) => solid(a) > solid(b) ? a : b, []);
  const gap = rows > 1 ? Math.min(ROW_GAP_MAX, Math.max(ROW_GAP, (wanted - solid(tallest)) / Math.max(1, tallest.length))) : ROW_GAP;
  const columnHeight = c => solid(c) + gap * (c.length - 1);
  const height = Math.max(...columns.map(columnHeight), 120);
  columns.forEach((column, x) => {
    let y = (height - columnHeight(column)) / 2;
    for (const g of column) {
      Object.assign(g, { x: x * (width + COLUMN_GAP), y, width, height: heightOf(g) });
      g.nodes = g.nodes.map((n, i) => ({ ...n, x: g.x + NODE.pad, y: y + NODE.head + i * (NODE.height + NODE.gap), width: NODE.width, height: NODE.height }));
      y += g.height + gap;
    }
  });
  return { groups, width: wide, height };
}
