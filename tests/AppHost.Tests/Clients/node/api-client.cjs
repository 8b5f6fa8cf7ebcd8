const { client, v1, v2 } = require('@datadog/datadog-api-client');
const { GATEWAY, KEY, MARK } = process.env;

(async () => {
  const configuration = client.createConfiguration({
    authMethods: { apiKeyAuth: KEY },
    baseServer: new client.BaseServerConfiguration(GATEWAY.replace(/\/$/, ''), {}),
    httpConfig: { compress: false },
  });
  const now = Math.floor(Date.now() / 1000);
  await new v2.MetricsApi(configuration).submitMetrics({
    body: { series: [{ metric: MARK, type: 3, points: [{ timestamp: now, value: 0.5 }], tags: ['a:b'] }] },
    contentEncoding: 'deflate',
  });
  await new v2.LogsApi(configuration).submitLog({
    body: [{ message: MARK, ddsource: 'node', service: 'shop' }],
    contentEncoding: 'gzip',
  });
  await new v1.EventsApi(configuration).createEvent({ body: { title: MARK, text: 'text' } });
  await new v1.ServiceChecksApi(configuration).submitServiceCheck({
    body: [{ check: MARK, hostName: 'h', status: 0, tags: [] }],
  });
  const keys = await new v2.KeyManagementApi(configuration).validateAPIKey?.();
  console.log(JSON.stringify({ valid: (await new v1.AuthenticationApi(configuration).validate()).valid, keys }));
})();
