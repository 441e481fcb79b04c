"""unpack_sdist.py ARCHIVE DESTINATION: unpacks the one top directory of a source distribution into DESTINATION.

The archive is not trusted: names stay inside, links become copies of files of the archive, devices are refused.
"""

import os
import shutil
import sys
import tarfile
from pathlib import PurePosixPath

MOST_BYTES = 256 << 20
MOST_MEMBERS = 20_000


def refuse(member, why):
    sys.exit("error: %s: %s" % (member.name, why))


def place(member, name):
    """Path below the top directory; None for the top directory itself."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        refuse(member, "a name that leaves the archive")
    return PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else None


def link_target(member):
    if member.islnk():
        return place(member, member.linkname)
    parts = []
    for part in (PurePosixPath(member.name).parent / member.linkname).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return place(member, "/".join(parts))


def write(archive, member, target):
    os.makedirs(target.parent, exist_ok=True)
    with archive.extractfile(member) as source, open(target, "xb") as file:
        shutil.copyfileobj(source, file)
    os.chmod(target, 0o755 if member.mode & 0o100 else 0o644)


def copy_links(links, root):
    for member, path, target in links:
        source = None if target is None else root / target
        if source is None or not os.path.isfile(source):
            refuse(member, "a link to something that is not a file of the archive")
        os.makedirs((root / path).parent, exist_ok=True)
        shutil.copyfile(source, root / path)


def unpack(archive, root):
    members = archive.getmembers()
    if len(members) > MOST_MEMBERS or sum(member.size for member in members) > MOST_BYTES:
        sys.exit("error: more than %d files or %d bytes" % (MOST_MEMBERS, MOST_BYTES))
    if len({PurePosixPath(member.name).parts[:1] for member in members}) != 1:
        sys.exit("error: expected one top directory")
    links = []
    for member in members:
        path = place(member, member.name)
        if path is None or member.isdir():
            continue
        if member.issym() or member.islnk():
            links.append((member, path, link_target(member)))
        elif member.isfile():
            write(archive, member, root / path)
        else:
            refuse(member, "neither a file, a directory nor a link")
    copy_links(links, root)


def main(file, destination):
    from pathlib import Path

    os.makedirs(destination)
    try:
        with tarfile.open(file) as archive:
            unpack(archive, Path(destination))
    except (tarfile.TarError, OSError, EOFError) as error:
        sys.exit("error: %s: %s" % (os.path.basename(file), error))


if __name__ == "__main__":
    main(*sys.argv[1:])
