// Three libraries of logs; two of them stand on datadog-transport-common.
const { DD_SITE, KEY, MARK, LIBRARY } = process.env;
const conf = { ddClientConf: { authMethods: { apiKeyAuth: KEY } }, ddServerConf: { site: DD_SITE }, ddsource: 'node', service: 'shop', ddtags: 'env:test' };

const libraries = {
  'pino-datadog-transport': () => {
    const pino = require('pino');
    // In this thread: pino's worker would end with the process, and with it what has not been sent yet.
    const logger = pino(require('pino-datadog-transport').default({ ...conf, sendImmediate: true }));
    logger.warn({ order: 7 }, MARK);
    logger.info('second');
  },
  loglayer: () => {
    const { LogLayer } = require('loglayer');
    const { DataDogTransport } = require('@loglayer/transport-datadog');
    const log = new LogLayer({
      transport: new DataDogTransport({
        options: { ...conf, sendImmediate: true, onError: error => { console.error(error); process.exitCode = 1; } },
      }),
    });
    log.withMetadata({ order: 7 }).warn(MARK);
    log.info('second');
  },
  'datadog-winston': () => {
    const winston = require('winston');
    const DatadogWinston = require('datadog-winston');
    const logger = winston.createLogger({
      transports: [new DatadogWinston({ apiKey: KEY, hostname: 'h', service: 'shop', ddsource: 'node', ddtags: 'env:test' })],
    });
    logger.warn(MARK, { order: 7 });
    logger.info('second');
  },
  'pino-datadog': async () => {
    const stream = await require('pino-datadog').createWriteStream({ apiKey: KEY, service: 'shop', hostname: 'h', ddsource: 'node', ddtags: 'env:test', size: 1 });
    const logger = require('pino')({}, stream);
    logger.warn({ order: 7 }, MARK);
    logger.info('second');
  },
};
libraries[LIBRARY]();
