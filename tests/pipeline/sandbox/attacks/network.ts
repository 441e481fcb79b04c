import { createSocket } from 'node:dgram';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type ListenOptions } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attack, type Field, printed, when } from './attack.ts';

/** Connections that a listener of our own got while a script ran in the sandbox. */
const whileListening = async (at: ListenOptions, attack: (port: number) => Promise<unknown>): Promise<number> => {
  let connection_count = 0;
  const server = createServer((socket) => {
    connection_count++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(at, resolve));
  if (at.path !== undefined && !at.path.startsWith('\0')) chmodSync(at.path, 0o777);
  const address = server.address();
  await attack(typeof address === 'object' && address !== null ? address.port : 0);
  await sleep(50);
  server.close();
  return connection_count;
};

const connectsTo =
  (place: (field: Field) => string, words: string) =>
  async (field: Field): Promise<string | null> => {
    const path = place(field);
    const address = JSON.stringify(path.replace('\0', '')).slice(1, -1);
    const name = path.startsWith('\0') ? `"\\0${address}"` : `"${address}"`;
    const script = `use Socket; socket($s, AF_UNIX, SOCK_STREAM, 0) and connect($s, pack_sockaddr_un(${name}));`;
    const count = await whileListening({ path }, async () => printed(await field.perl(script)));
    if (!path.startsWith('\0')) rmSync(path, { force: true });
    return when(count > 0, words);
  };

/** AF_PACKET, AF_BLUETOOTH, AF_ALG, AF_VSOCK, AF_XDP, and raw IP: doors to the machine that no suite needs. */
const FAMILIES = [17, 31, 38, 40, 44];

export const NETWORK: readonly Attack[] = [
  {
    name: 'connects to a listener on this machine',
    bites: true,
    attempt: async (field) => {
      const script = (port: number): string => `use Socket;
        socket($s, PF_INET, SOCK_STREAM, 0) and connect($s, sockaddr_in(${port}, inet_aton("127.0.0.1")));`;
      const count = await whileListening({ host: '127.0.0.1', port: 0 }, async (port) =>
        printed(await field.perl(script(port))),
      );
      return when(count > 0, 'connected');
    },
  },
  {
    name: 'sends a datagram to this machine',
    bites: true,
    attempt: async (field) => {
      let count = 0;
      const socket = createSocket('udp4', () => count++);
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      const { port } = socket.address();
      const script = `use Socket; socket($s, PF_INET, SOCK_DGRAM, 0)
        and send($s, "hit", 0, sockaddr_in(${port}, inet_aton("127.0.0.1")));`;
      printed(await field.perl(script));
      await sleep(50);
      socket.close();
      return when(count > 0, 'the datagram arrived');
    },
  },
  {
    name: 'connects to an abstract socket of this machine',
    bites: true,
    attempt: connectsTo(({ decoys }) => `\0decoy-${decoys.mark()}`, 'connected'),
  },
  {
    name: 'connects to a socket in a hidden directory',
    bites: true,
    attempt: connectsTo(({ decoys }) => join(decoys.folder, 'socket'), 'connected'),
  },
  {
    name: 'opens sockets of other families',
    attempt: async (field) =>
      printed(
        await field.perl(`for my $family (${FAMILIES.join(', ')}) { for my $type (1, 2, 3, 5) {
          $got .= "$family " if socket($s, $family, $type, 0); } } $got .= "raw" if socket($s, 2, 3, 1);`),
      ),
  },
];
