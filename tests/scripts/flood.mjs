// What an attacker does, for memory.sh: opens connections that send 14 KB of headers and never their end, and waits until the
// service has closed every one of them. Usage: node flood.mjs <port> <connections>; prints one line at its end.
import net from 'node:net';

const [port, total] = process.argv.slice(2).map(Number);
const beginning = `GET /ssc-login HTTP/1.1\r\nHost: x\r\nX-Filler: ${'a'.repeat(7000)}\r\nX-Filler: ${'a'.repeat(7000)}`;
let begun = 0;
let open = 0;
let mostOpen = 0;
let closed = 0;

const timer = setInterval(() => {
  for (let i = 0; i < 60 && begun < total; i++, begun++) {
    hold(`127.0.1.${begun % 60 + 1}`);
  }
  if (begun === total) {
    clearInterval(timer);
  }
}, 10);

function hold(localAddress) {
  let isOpen = false;
  const socket = net.connect({ port, host: '127.0.0.1', localAddress }, () => {
    isOpen = true;
    mostOpen = Math.max(mostOpen, ++open);
    socket.write(beginning);
  });
  socket.on('error', error => {
    // A reset is the service's way to refuse. Anything else, such as too few open files, is no doing of the service.
    if (!isOpen && error.code !== 'ECONNRESET') {
      console.error(`no connection: ${error.code}`);
      process.exit(1);
    }
  });
  socket.resume();
  socket.on('close', () => {
    open -= isOpen ? 1 : 0;
    if (++closed === total) {
      console.log(`${total} connections with unfinished headers, up to ${mostOpen} open at once, all closed by the service`);
    }
  });
}
