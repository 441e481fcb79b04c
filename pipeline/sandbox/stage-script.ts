/**
 * Builds a stage in the private mount namespace it runs in, then runs what follows its eleven arguments: $1 stage,
 * $2 mount table, $3 files to create for it, $4 sources to open, $5 tree to copy or nothing, $6 method, $7 bytes,
 * $8 overlay options, $9 owner or nothing,
 * $10 Perl that gives the tree an owner at no cost in its size or nothing, $11 the user and group to map. Names are
 * relative to the stage.
 *
 * An opened tree `openN` is an overlay of `N` in which all may read what only the owner could; with `metacopy` the
 * data stays below. Nothing is ever changed in `N` itself.
 */
export const STAGE_SCRIPT = `set -eu
umask 022
mount -n -t tmpfs -o mode=755,nosuid,nodev stage "$1"
cd "$1"
for name in $3; do : > "$name"; done
printf '%s' "$2" > table
mount -n -a -T table
for name in $4; do
  if [ -d "$name" ]; then
    mkdir "u$name" "w$name" "open$name"
    mount -n -t overlay -o "lowerdir=$1/$name,upperdir=$1/u$name,workdir=$1/w$name,metacopy=on" opened "open$name"
    find "open$name" ! -type l \\( ! -perm -o+r -o -type d ! -perm -o+x \\) -exec chmod a+rX {} +
  else
    cp -p "$name" "open$name"
    chmod a+rX "open$name"
  fi
done
if [ -n "$5" ]; then
  mkdir upper
  mount -n -t tmpfs -o "mode=755,size=$7,nosuid,nodev" upper upper
  mkdir upper/u upper/w upper/m
  is_mapped=
  if [ -n "\${10}" ] && perl -e "\${10}" "$5" \${11} "\${9%:*}" 2>/dev/null; then
    chown "$9" upper/u
    is_mapped=1
  fi
  case $6 in
    overlay) mount -n -t overlay -o "lowerdir=$1/$5,upperdir=$1/upper/u,workdir=$1/upper/w,$8" merged upper/m ;;
    copy) cp -dR --preserve=mode,timestamps,links "$5/." upper/m/ ;;
  esac
  if [ -n "$9" ] && [ -z "$is_mapped" ]; then chown -hR "$9" upper/m; fi
fi
cd /
shift 11
exec "$@"`;
