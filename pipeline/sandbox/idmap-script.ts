import { type Architecture, callNumber } from './syscalls.ts';

/**
 * Perl, which makes any system call and starts in a few milliseconds: shows what is mounted at $ARGV[0] as if everything
 * of user $ARGV[1] and group $ARGV[2] there belonged to $ARGV[3]. The mapping is read off a user namespace that is made
 * for it and gone at once. Fails where the kernel or the file system cannot do it.
 */
export const idmapScript = (architecture: Architecture): string => `
my ($place, $user, $group, $owner) = @ARGV;
sub checked { my ($what, $result) = @_; $result >= 0 or die "$what: $!\\n"; $result }
pipe(my $ear, my $mouth) or die;
my $child = fork // die;
if (!$child) {
  syscall(${callNumber('unshare', architecture)}, 0x10000000) == 0 and syswrite $mouth, "y";
  close $mouth;
  sleep 10;
  exit;
}
close $mouth;
my $made = sysread $ear, my $word, 1;
for my $map (["uid_map", $user], ["gid_map", $group]) {
  open(my $file, ">", "/proc/$child/$map->[0]") or die;
  syswrite $file, "$map->[1] $owner 1\\n" or die;
}
open(my $namespace, "<", "/proc/$child/ns/user") or die;
kill 9, $child;
waitpid $child, 0;
$made or die;
my ($at, $nothing) = (-100, "");
my $tree = checked("open_tree", syscall(${callNumber('open_tree', architecture)}, $at, $place, 1));
my $attributes = pack("QQQQ", 0x100000, 0, 0, fileno $namespace);
checked("mount_setattr", syscall(${callNumber('mount_setattr', architecture)}, $tree, $nothing, 0x1000, $attributes, 32));
checked("move_mount", syscall(${callNumber('move_mount', architecture)}, $tree, $nothing, $at, $place, 4));
`;
