require('./names.cjs');
const tracer = require('dd-trace').init({ service: 'shop', env: 'test', version: '1.2', startupLogs: false, plugins: false });

const root = tracer.startSpan('web.request', { tags: { 'resource.name': process.env.MARK, 'span.type': 'web' } });
root.addEvent?.('cart filled', { items: 3 });
const child = tracer.startSpan('db.query', { childOf: root, tags: { 'service.name': 'shop-db', 'resource.name': 'SELECT' } });
child.setTag('error', new Error('no table'));
child.finish();
root.finish();
// The tracer sends what it has when its process is about to end.
