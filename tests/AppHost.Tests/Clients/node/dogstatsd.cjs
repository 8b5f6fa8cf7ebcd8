require('./names.cjs');
const tracer = require('dd-trace').init({ service: 'shop', env: 'test', version: '1.2', startupLogs: false, plugins: false, runtimeMetrics: true });

const mark = process.env.MARK;
const metrics = tracer.dogstatsd;
metrics.increment(`${mark}.count`, 2, { color: 'red' });
metrics.increment(`${mark}.count`, 3, { color: 'red' });
metrics.decrement(`${mark}.count`, 1, { color: 'red' });
metrics.gauge(`${mark}.gauge`, 0.5);
metrics.gauge(`${mark}.gauge`, 0.25);
metrics.distribution(`${mark}.distribution`, 1.5, ['a:b', 'host:h1']);
metrics.distribution(`${mark}.distribution`, 2.5, ['a:b', 'host:h1']);
metrics.histogram(`${mark}.histogram`, 10);
metrics.histogram(`${mark}.histogram`, 30);
metrics.flush();
// Those of the runtime come by themselves, DD_RUNTIME_METRICS_FLUSH_INTERVAL after the start, and those of the client at the end.
setTimeout(() => {}, 3 * process.env.DD_RUNTIME_METRICS_FLUSH_INTERVAL);
