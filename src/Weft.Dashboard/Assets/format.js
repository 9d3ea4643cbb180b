// Numbers as people read them. Pure.

export const rate = r => r == null ? '–' : r >= 100 ? r.toFixed(0) : r >= 10 ? r.toFixed(1) : r.toFixed(r > 0 && r < 0.1 ? 2 : 1);

// 99.95 % must not read 100 %: somebody looks for exactly that request.
export const percent = s => s == null ? '–' : s >= 1 ? '100%' : s > 0.9995 ? '>99.9%' : `${(s * 100).toFixed(1)}%`;

export const duration = ms => ms == null ? '–' : ms >= 10000 ? `${(ms / 1000).toFixed(0)} s` : ms >= 1000 ? `${(ms / 1000).toFixed(1)} s`
  : ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;

export const bytes = b => !b ? '–' : b >= 1 << 20 ? `${(b / (1 << 20)).toFixed(1)} MiB/s` : b >= 1024 ? `${(b / 1024).toFixed(1)} KiB/s` : `${b.toFixed(0)} B/s`;

export const health = edge => edge.requests === 0 && edge.openConnections === 0 ? 'idle'
  : edge.successRate == null || edge.successRate >= 0.999 ? 'good' : edge.successRate >= 0.95 ? 'warn' : 'bad';

export const nodeName = n => n.version ? `${n.app}-${n.version}` : n.app;
