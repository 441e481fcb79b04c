/** The host's own root, of which nothing may be found. Opens a kernel setting for appending but writes nothing. */
export const HOST_ROOT = `
[ "$(id -u)" != 0 ] || echo user-id
(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo proc-sys
for path in / /proc /sys /var /home /root; do ls $path >/dev/null 2>&1 && echo host-files; done
(: > /var/tmp/socratic-swe-probe) 2>/dev/null && echo outside && rm /var/tmp/socratic-swe-probe
`;
