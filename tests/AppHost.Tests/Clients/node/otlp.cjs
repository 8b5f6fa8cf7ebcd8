const { GATEWAY, KEY, MARK, ENCODING } = process.env;
const { resourceFromAttributes } = require('@opentelemetry/resources');
// 0.x and 2.x, or 0.301 and 3.x: the new packages have other names and an options object each.
const isNew = process.version.startsWith('v24');
const trace = require(isNew ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base');
const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality } = require('@opentelemetry/sdk-metrics');

// Metadata is a class of the exporters' own grpc-js; compression as OTEL_EXPORTER_OTLP_COMPRESSION has it.
const grpc = () => {
  const metadata = new (require('@grpc/grpc-js').Metadata)();
  metadata.set('dd-api-key', KEY);
  return { url: GATEWAY, metadata };
};
const exporterOf = (signal, options) => {
  const module = require(`@opentelemetry/exporter-${signal}-otlp-${ENCODING}`);
  const name = Object.keys(module).find(key => /^OTLP\w+Exporter$/.test(key));
  const to = ENCODING === 'grpc' ? grpc() : { url: `${GATEWAY}v1/${signal === 'trace' ? 'traces' : signal}`, headers: { 'dd-api-key': KEY } };
  return new module[name]({ ...to, ...options });
};
const resource = resourceFromAttributes({ 'service.name': 'shop', 'deployment.environment.name': 'test', 'host.name': 'h' });

(async () => {
  const exporter = exporterOf('trace');
  const traces = new (trace.BasicTracerProvider ?? trace.TracerProvider)({
    resource,
    spanProcessors: [new trace.SimpleSpanProcessor(isNew ? { exporter } : exporter)],
  });
  const span = traces.getTracer('t').startSpan(MARK, { attributes: { 'http.request.method': 'GET' } });
  span.addEvent('e', { n: 1 });
  span.end();
  await traces.shutdown();

  if (process.env.SIGNALS !== 'traces') {
    const logs = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: exporterOf('logs') })] });
    logs.getLogger('l').emit({ body: MARK, severityNumber: 17, severityText: 'ERROR', attributes: { order: 7 } });
    await logs.shutdown();

    const metrics = new MeterProvider({
      resource,
      readers: [
        new PeriodicExportingMetricReader({
          exporter: exporterOf('metrics', { temporalityPreference: AggregationTemporality.DELTA }),
          exportIntervalMillis: 60_000,
        }),
      ],
    });
    const meter = metrics.getMeter('m');
    meter.createCounter(`${MARK}.count`).add(3, { color: 'red' });
    meter.createGauge(`${MARK}.gauge`).record(0.5);
    const histogram = meter.createHistogram(`${MARK}.histogram`);
    [1, 2, 3, 40].forEach(value => histogram.record(value));
    await metrics.shutdown();
  }
})();
