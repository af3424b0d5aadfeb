// NODE_OPTIONS="--require ./loopback.cjs": a server that names no host listens on 127.0.0.1 alone, and not everywhere.
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  const [where] = given;
  if (where && typeof where === 'object' && where.port !== undefined && !where.path) {
    given[0] = { ...where, host: '127.0.0.1' };
  } else if (typeof where === 'number' || /^\d+$/.test(where)) {
    if (typeof given[1] === 'string') given[1] = '127.0.0.1';
    else given.splice(1, 0, '127.0.0.1');
  }
  return listen.apply(this, given);
};
