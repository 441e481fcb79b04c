import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Attack, type Field, printed, when } from './attack.ts';
import { CONTENT } from './decoys.ts';
import { startSibling } from './field.ts';

/** What a script can print of a hidden file. */
const reads =
  (script: (field: Field) => string, writable = false) =>
  async (field: Field): Promise<string | null> => {
    const outcome = await field.shell(script(field), writable ? { writable: '/repo' } : {});
    printed(outcome);
    return when(/secret|untouched/.test(outcome.stdout), `read ${JSON.stringify(outcome.stdout)}`);
  };

/** What a script changed of the decoy file, which is put back. */
const changesFile =
  (script: (field: Field) => string) =>
  async (field: Field): Promise<string | null> => {
    const { file, folder } = field.decoys;
    const before = statSync(file);
    printed(await field.shell(script(field), { writable: '/repo' }));
    const found = readdirSync(folder).map((name) => {
      const { mode, mtimeMs } = statSync(join(folder, name));
      return `${name} ${mode.toString(8)} ${mtimeMs} ${readFileSync(join(folder, name), 'utf8')}`;
    });
    const expected = `file.txt ${before.mode.toString(8)} ${before.mtimeMs} ${CONTENT}`;
    if (found.length === 1 && found[0] === expected) return null;
    for (const name of readdirSync(folder).filter((name) => name !== 'file.txt'))
      if (existsSync(file)) rmSync(join(folder, name), { recursive: true });
      else renameSync(join(folder, name), file);
    writeFileSync(file, CONTENT);
    chmodSync(file, 0o666);
    utimesSync(file, before.atime, before.mtime);
    return `left ${found.join(', ') || 'nothing'}`;
  };

/** What a script changed of the repository that the host holds. */
const changesRepository =
  (script: string, writable: boolean) =>
  async (field: Field): Promise<string | null> => {
    const before = field.decoys.repositoryState();
    printed(await field.shell(script, writable ? { writable: '/repo' } : {}));
    const after = field.decoys.repositoryState();
    return when(after !== before, `left ${after}`);
  };

export const FILES: readonly Attack[] = [
  {
    name: 'reads a hidden file by its path',
    bites: true,
    attempt: reads(({ decoys }) => `cat ${decoys.scratch.secret}`),
  },
  {
    name: 'reads a hidden file through the root or directory of another process',
    attempt: reads(({ decoys: { scratch, process } }) =>
      ['/proc/1/root', '/proc/self/root', `/proc/${process.pid}/root`, '/proc/1/cwd', '/proc/self/cwd/..']
        .map((prefix) => `cat ${prefix}${scratch.secret}`)
        .join('; '),
    ),
  },
  {
    name: 'reads a hidden file through a link in the repository',
    bites: true,
    attempt: reads(() => 'cat link'),
  },
  {
    name: 'reads a hidden file through a hard link',
    bites: true,
    attempt: reads(({ decoys }) => `ln ${decoys.file} hard && cat hard`, true),
  },
  {
    name: 'lists a hidden directory',
    bites: true,
    attempt: reads(({ decoys }) => `ls ${decoys.scratch.root}`),
  },
  {
    name: 'learns that a hidden file exists',
    bites: true,
    attempt: async (field) => {
      const outcome = await field.shell(`[ -e ${field.decoys.scratch.secret} ] && echo there`);
      printed(outcome);
      return when(outcome.stdout === 'there\n', 'the file is there');
    },
  },
  {
    name: 'writes to a file outside',
    bites: true,
    attempt: changesFile(({ decoys }) => `(echo hit >> ${decoys.file})`),
  },
  {
    name: 'writes to a file outside through a link it planted',
    bites: true,
    attempt: changesFile(({ decoys }) => `ln -s ${decoys.file} out; (echo hit > out)`),
  },
  {
    name: 'adds a file outside',
    bites: true,
    attempt: changesFile(({ decoys }) => `touch ${decoys.folder}/new.txt`),
  },
  {
    name: 'renames a file outside',
    attempt: changesFile(({ decoys }) => `mv ${decoys.file} ${decoys.folder}/moved.txt`),
  },
  {
    name: 'empties a file outside',
    bites: true,
    attempt: changesFile(({ decoys }) => `truncate -s 0 ${decoys.file}`),
  },
  {
    name: 'changes mode and time of a file outside',
    bites: true,
    attempt: changesFile(({ decoys }) => `chmod 600 ${decoys.file}; touch -d 2001-01-01 ${decoys.file}`),
  },
  {
    name: 'changes a tree that was bound read-only',
    attempt: changesRepository(
      '(echo x >> source.txt); rm -f removed.txt; mv deep shallow; chmod 777 source.txt; touch -d 2001-01-01 source.txt; touch new; ln -s / root',
      false,
    ),
  },
  {
    name: 'leaves a setuid program and a link where the host will look',
    attempt: changesRepository('cp /usr/bin/id rooted; chmod 4755 rooted; ln -s /etc/passwd passwd; mkdir .git', true),
  },
  {
    name: 'runs a setuid program',
    attempt: async (field) => {
      const outcome = await field.shell('./setuid-id; cp /usr/bin/id mine; chmod 6755 mine; ./mine', {
        writable: '/repo',
      });
      printed(outcome);
      return when(/\be?uid=0\b|egid=/.test(outcome.stdout), outcome.stdout);
    },
  },
  {
    name: 'finds what a sibling keeps in /tmp',
    attempt: async (field) => {
      const token = `token-${field.decoys.mark()}`;
      const end = await startSibling(field, `echo ${token} > /tmp/token; echo up >&3; read -r line`);
      const outcome = await field.shell(
        'cat /tmp/token; for way in root cwd; do cat /proc/*/$way/tmp/token; done; cat $HOME/../../*/tmp/token',
      );
      await end();
      printed(outcome);
      return when(outcome.stdout.includes(token), 'the token of the sibling');
    },
  },
  {
    name: 'opens a device',
    attempt: async (field) => {
      const script = `for my $name (qw(mem kmem kmsg kvm fuse vhost-net sda vda nvme0n1 loop0 net/tun)) {
        $got .= "/dev/$name " if open(my $device, "<", "/dev/$name"); }
      system("mknod", "$ENV{HOME}/device", "c", "1", "3") == 0 and -c "$ENV{HOME}/device" and $got .= "made a device";`;
      return printed(await field.perl(script));
    },
  },
];
