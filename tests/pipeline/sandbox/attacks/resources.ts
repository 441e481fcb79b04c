import { type Attack, type Field, printed, when } from './attack.ts';
import { endAll } from './decoys.ts';
import { LIMITS, MEBIBYTE, startReady, startSibling } from './field.ts';

/** How much of it a script could store, in MiB, when that is more than the limit. */
const stores =
  (place: string, most: number) =>
  async (field: Field): Promise<string | null> => {
    const script = `my $sum = 0; my $block = "x" x ${MEBIBYTE}; $SIG{XFSZ} = "IGNORE";
    for my $i (1 .. 24) { open(my $file, ">", "${place}/flood$i") or next; my $n = syswrite $file, $block; $sum += $n // 0; }
    $got = "stored $sum bytes" if $sum > ${most};`;
    return printed(await field.perl(script, { writable: '/repo' }));
  };

const floods =
  (script: string) =>
  async (field: Field): Promise<string | null> => {
    const { end, stdout, stderr, report } = await field.shell(script);
    const length = stdout.length + stderr.length + report.length;
    return when(end !== 'output' || length > LIMITS.output_bytes, `${end} after ${length} bytes`);
  };

const CROWD_COUNT = 20;
const CROWD = `i=0; while [ $i -lt ${CROWD_COUNT} ]; do sleep 60 & i=$((i+1)); done; echo up >&3; wait`;

/** How many processes a command gets hold of that starts as many as it can, once `meanwhile` is over. */
const countProcesses = async (field: Field, meanwhile: () => Promise<void>): Promise<number> => {
  const script = `open(my $lines, ">&=3"); syswrite $lines, "up\\n"; <STDIN>; my $n = 1;
    for (1 .. 60) { my $pid = fork; last unless defined $pid; unless ($pid) { sleep 60; exit; } $n++; }
    syswrite $lines, "$n\\n";`;
  const { started, hear } = await startReady(field, ['/usr/bin/perl', '-e', script]);
  await meanwhile();
  started.send('go');
  const count = Number(await hear());
  await started.ended;
  return count;
};

export const RESOURCES: readonly Attack[] = [
  {
    name: 'fills the disk with many files in /tmp',
    attempt: stores('$ENV{HOME}', LIMITS.file_bytes),
  },
  {
    name: 'fills the disk with many files in a writable copy',
    attempt: stores('.', LIMITS.file_bytes),
  },
  {
    name: 'fills memory with files in /dev/shm',
    attempt: stores('/dev/shm', 16 * MEBIBYTE),
  },
  {
    name: 'writes one huge file, or a sparse one',
    attempt: async (field) => {
      const script = `$SIG{XFSZ} = "IGNORE"; my $name = "$ENV{HOME}/huge";
        open(my $file, ">", $name) or die; truncate $file, 1 << 40; my $block = "x" x ${MEBIBYTE};
        for (1 .. 8) { syswrite $file, $block; }
        $got = -s $name if -s $name > ${LIMITS.file_bytes};`;
      return printed(await field.perl(script));
    },
  },
  { name: 'floods standard output', attempt: floods('yes') },
  { name: 'floods standard error', attempt: floods('yes >&2') },
  { name: 'floods the report', attempt: floods('yes >&3') },
  {
    name: 'takes all memory in one process',
    attempt: async (field) => {
      const script = `my @all; for (1 .. 40) { push @all, "x" x (10 * ${MEBIBYTE}); } $got = "holds 400 MiB";`;
      const outcome = await field.perl(script);
      return when(outcome.report.includes('holds'), 'held 400 MiB of 200');
    },
  },
  {
    name: 'takes all memory in many processes',
    attempt: async (field) => {
      const script = `for (1 .. 5) { next if fork; my $all = "x" x (40 * ${MEBIBYTE}); $all .= $all; sleep 5; exit; } sleep 5; $got = "held";`;
      const { end } = await field.perl(script);
      return when(end !== 'memory', `ended by ${end}`);
    },
  },
  {
    name: 'burns processor time',
    attempt: async (field) => {
      const { end } = await field.shell('while :; do :; done', { limits: { ...LIMITS, cpu_s: 1, wall_ms: 10_000 } });
      return when(end !== 'timeout', `ended by ${end}`);
    },
  },
  {
    name: 'stays after its time, deaf to signals',
    attempt: async (field) => {
      const name = field.decoys.mark();
      const script = `trap "" TERM INT HUP QUIT USR1; setsid sleep ${name} & sleep ${name}; sleep ${name}`;
      const { end } = await field.shell(script, { limits: { ...LIMITS, wall_ms: 500 } });
      const left = endAll(name);
      return when(end !== 'timeout' || left > 0, `ended by ${end}, ${left} processes left`);
    },
  },
  {
    name: 'starts more processes than allowed',
    attempt: async (field) => {
      const name = field.decoys.mark();
      const script = `my $n = 0; for (1 .. 60) { my $pid = fork; last unless defined $pid; exec("sleep", "${name}") unless $pid; $n++; }
        $got = "started $n" if $n >= ${1.5 * LIMITS.process_count};`;
      const got = printed(await field.perl(script));
      const left = endAll(name);
      return got ?? when(left > 0, `${left} processes left`);
    },
  },
  {
    name: 'has more processes than allowed once others of its user have ended',
    attempt: async (field) => {
      const end = await startSibling(field, CROWD);
      const count = await countProcesses(field, end);
      return when(count > LIMITS.process_count, `${count} processes`);
    },
  },
  {
    name: 'takes processes that a sibling may have',
    attempt: async (field) => {
      const alone = await countProcesses(field, async () => undefined);
      const ends: (() => Promise<void>)[] = [];
      const count = await countProcesses(field, async () => void ends.push(await startSibling(field, CROWD)));
      for (const end of ends) await end();
      return when(count < alone - CROWD_COUNT / 2, `${count} processes instead of ${alone}`);
    },
  },
  {
    name: 'forks without rest',
    attempt: async (field) => {
      const name = field.decoys.mark();
      const limits = { ...LIMITS, wall_ms: 1000, process_count: 24 };
      await field.shell(`bomb() { : ${name}; bomb | bomb & }; bomb; sleep 20`, { limits });
      const left = endAll(name);
      return when(left > 0, `${left} processes left`);
    },
  },
];
