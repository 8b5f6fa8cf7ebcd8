// Each intake that Datadog's client has, in each of its encodings, told nothing but the site.
const { client, v1, v2 } = require('@datadog/datadog-api-client');
const { DD_SITE, KEY, MARK } = process.env;

(async () => {
  const configuration = client.createConfiguration({ authMethods: { apiKeyAuth: KEY } });
  configuration.setServerVariables({ site: DD_SITE });
  const now = Math.floor(Date.now() / 1000);
  const metrics = [new v1.MetricsApi(configuration), new v2.MetricsApi(configuration)];
  for (const contentEncoding of [undefined, 'gzip', 'deflate']) {
    const form = contentEncoding ?? 'plain';
    await metrics[0].submitMetrics({
      body: { series: [{ metric: `${MARK}.v1.${form}`, type: 'count', points: [[now, 2]], host: 'h', tags: ['a:b'] }] },
      contentEncoding,
    });
    await metrics[1].submitMetrics({
      body: {
        series: [{
          metric: `${MARK}.v2.${form}`, type: 3, points: [{ timestamp: now, value: 0.5 }, { timestamp: now - 60, value: 7 }],
          resources: [{ type: 'host', name: 'h' }], tags: ['ü:1', 'a:b'], unit: 'byte', interval: 10,
        }],
      },
      contentEncoding,
    });
    await new v2.LogsApi(configuration).submitLog({
      body: [
        { message: `${MARK} ${form}`, ddsource: 'node', service: 'shop', hostname: 'h', ddtags: 'env:test' },
        { message: 'ü\n"', ddsource: 'node', additionalProperties: { order: { lines: [1, 2.5] } } },
      ],
      contentEncoding,
      ddtags: `form:${form}`,
    });
  }
  for (const contentEncoding of [undefined, 'deflate']) {
    await metrics[0].submitDistributionPoints({
      body: { series: [{ metric: `${MARK}.points.${contentEncoding ?? 'plain'}`, points: [[now, [1, 2.5]]], tags: ['a:b'] }] },
      contentEncoding,
    });
  }
  await new v1.LogsApi(configuration).submitLog({ body: [{ message: MARK, ddsource: 'node', additionalProperties: { n: '1' } }] });
  await new v1.EventsApi(configuration).createEvent({
    body: { title: MARK, text: 'text', dateHappened: now, tags: ['a:b'], alertType: 'warning', priority: 'low', host: 'h' },
  });
  await new v1.ServiceChecksApi(configuration).submitServiceCheck({
    body: [{ check: MARK, hostName: 'h', status: 1, message: 'slow', tags: ['a:b'], timestamp: now }],
  });
})();
