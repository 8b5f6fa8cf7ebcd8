// In place of DNS and of a load balancer: NAMES=dd.partner.example=8443 leads each host below that name to this machine,
// and port 443 of it to 8443. For a tracer's agent the port stands in its URL.
const dns = require('node:dns');
const net = require('node:net');

const names = [['agent.localhost'], ...(process.env.NAMES ?? '').split(' ').filter(Boolean).map(name => name.split('='))];
const portOf = host => names.find(([name]) => host === name || host?.endsWith(`.${name}`));

const lookup = dns.lookup;
dns.lookup = (name, options, callback) => {
  if (!portOf(name)) {
    return lookup(name, options, callback);
  }
  const done = callback ?? options;
  return typeof options === 'object' && options.all
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4);
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = typeof options === 'object' && Number(options?.port) === 443 ? portOf(options.host)?.[1] : undefined;
  if (port) {
    options.port = Number(port);
  }
  return connect.apply(this, args);
};
