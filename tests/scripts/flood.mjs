// What an attacker does, for memory.sh. It prints "height" when as much as it can hold is held, and counts at its end.
// Usage: node flood.mjs <port> headers <connections> [<KB of headers>] | bodies <connections> | posts <requests>
import net from 'node:net';

const [port, kind, count, kilobytes = '14'] = process.argv.slice(2);
const total = Number(count);

// Opens connections that send a beginning and nothing more, and holds them for ten seconds.
function hold(beginning) {
  let opened = 0;
  let closed = 0;
  const sockets = [];
  const timer = setInterval(() => {
    for (let i = 0; i < 60 && opened < total; i++, opened++) {
      const socket = net.connect({ port: Number(port), host: '127.0.0.1', localAddress: `127.0.1.${opened % 60 + 1}` }, () => socket.write(beginning));
      socket.on('error', () => {});
      socket.resume();
      socket.on('close', () => closed++);
      sockets.push(socket);
    }
    if (opened >= total) {
      clearInterval(timer);
      console.log(`height: ${total} connections opened`);
      setTimeout(() => {
        console.log(`closed by the service meanwhile: ${closed}`);
        sockets.forEach(socket => socket.destroy());
      }, 10_000);
    }
  }, 10);
}

// Posts over a few connections that are never idle, each post from another /64 of one /48.
function post() {
  const statuses = {};
  let sent = 0;
  let answered = 0;
  for (let i = 0; i < 32; i++) {
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.100' });
    let rest = '';
    const next = () => {
      if (sent >= total) {
        socket.end();
        return;
      }
      if (++sent === Math.floor(total / 2)) {
        console.log(`height: half of ${total} posts are sent`);
      }
      // 2^16 networks of 64 bits, and other addresses in them.
      const client = `2001:db8:bad:${(sent % 65536).toString(16)}::${Math.floor(sent / 65536) + 1}`;
      const body = `email=customer${sent}%40example.com`;
      socket.write(`POST /ssc-login/email HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${client}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    };
    socket.on('connect', next);
    socket.on('data', data => {
      rest += data.toString('latin1');
      // One request at a time: an answer begins with its status, and its headers say how long it is.
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0 || rest.length < end + 4 + Number(/content-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0)) {
        return;
      }
      if (/transfer-encoding: chunked/i.test(rest.slice(0, end)) && !rest.endsWith('0\r\n\r\n')) {
        return;
      }
      const status = rest.slice(9, 12);
      statuses[status] = (statuses[status] ?? 0) + 1;
      rest = '';
      if (++answered === total) {
        console.log(`answers by status: ${JSON.stringify(statuses)}`);
      }
      next();
    });
    socket.on('error', error => {
      console.log(`a connection failed: ${error.code}`);
      process.exitCode = 1;
    });
  }
}

switch (kind) {
  case 'headers':
    hold(`GET /ssc-login HTTP/1.1\r\nHost: x\r\nX-Filler: ${'a'.repeat(7000)}\r\nX-Filler: ${'a'.repeat(Number(kilobytes) * 1024 - 7060)}`);
    break;
  case 'bodies':
    hold('POST /ssc-login/email HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\nemail=');
    break;
  default:
    post();
}
