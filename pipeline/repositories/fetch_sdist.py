"""fetch_sdist.py NAME VERSION FILE DESTINATION: downloads one source distribution, and runs none of its code.
fetch_sdist.py NAME VERSION: prints file name and sha256 of the source distribution, as JSON.

pip's own index client does it, so that the user's pip configuration (index, proxy, certificates, credentials) holds.
These are pip's internals: they hold for the pip that the environment pins.
"""

import json
import sys

from pip._internal.commands import create_command
from pip._internal.exceptions import PipError
from pip._internal.network.utils import HEADERS

MOST_BYTES = 64 << 20


def find(command, options, session, name, version, file):
    finder = command._build_package_finder(options=options, session=session)
    candidates = finder.find_all_candidates(name)
    for candidate in candidates:
        if candidate.link.filename == file and str(candidate.version) == version:
            return candidate.link
    found = sorted({str(candidate.version) for candidate in candidates})
    sys.exit("error: no %s of version %s in the index; it has %s" % (file, version, ", ".join(found[-5:]) or "nothing"))


def locate(command, options, session, name, version):
    candidates = command._build_package_finder(options=options, session=session).find_all_candidates(name)
    for candidate in candidates:
        link = candidate.link
        if str(candidate.version) == version and link.hash_name == "sha256":
            return {"file": link.filename, "sha256": link.hash}
    found = sorted({str(candidate.version) for candidate in candidates})
    sys.exit("error: no source distribution of %s with a digest; the index has %s" % (version, ", ".join(found[-5:]) or "nothing"))


def download(session, link, destination):
    response = session.get(link.url_without_fragment, headers=HEADERS, stream=True)
    response.raise_for_status()
    size = 0
    with open(destination, "xb") as file:
        for block in response.iter_content(1 << 16):
            size += len(block)
            if size > MOST_BYTES:
                sys.exit("error: %s is larger than %d bytes" % (link.filename, MOST_BYTES))
            file.write(block)


def main(name, version, file=None, destination=None):
    command = create_command("download")
    options, _ = command.parse_args(["--quiet", "--no-input", "--no-binary", ":all:", "--ignore-requires-python", name])
    with command.main_context():
        session = command.get_default_session(options)
        try:
            if file is None:
                print(json.dumps(locate(command, options, session, name, version)))
                return
            download(session, find(command, options, session, name, version, file), destination)
        # requests' exceptions are vendored in pip and derive from OSError
        except (PipError, OSError) as error:
            sys.exit("error: %s" % error)


if __name__ == "__main__":
    main(*sys.argv[1:])
