const metrics = require('datadog-metrics');
const { DD_SITE, KEY, MARK } = process.env;

metrics.init({ apiKey: KEY, site: DD_SITE, host: 'h', prefix: `${MARK}.`, flushIntervalSeconds: 0, defaultTags: ['env:test'] });
metrics.gauge('gauge', 0.25, ['a:b']);
metrics.increment('count', 3);
[10, 30].forEach(value => metrics.histogram('histogram', value));
[1.5, 2.5].forEach(value => metrics.distribution('distribution', value));
metrics.flush().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
