"""The two commands of the README on a machine that has nothing else: a Debian made by debootstrap.

    make fresh                    the whole: `make up` to the first sale, then `make test` with CI=true
    make fresh FRESH="--keep"     the same, and the machine is left for a look inside

Runs as root, with the standard library of the machine's own Python. The new root lives in a mount and process
namespace of its own, with proc, dev and shm, and ends with it. Mirrors and proxies are those this machine's apt and
pip are set to; the certificates this machine trusts are copied in, and nothing else. What is tested is HEAD, not the
working tree.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NoReturn

HERE: Final = Path(__file__).resolve().parents[2]
INSIDE: Final = "/srv/counterfoil"
PACKAGES: Final = ("ca-certificates", "git", "make", "python3", "python3-venv")
"""What the README asks for, the program that clones, and what makes the certificates count."""
BUNDLE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)
PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy")
READY_SECONDS: Final = 1800
CHROOT: Final = """
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
exec chroot "$1" /usr/bin/env -i bash -c "$2"
"""
FIRST_SALE: Final = f"""
set -eum
cd {INSIDE}
make up >/srv/up.out 2>/srv/up.err &
up=$!
for _ in $(seq {READY_SECONDS}); do
  grep -q 'ready for sales' /srv/up.out && break
  kill -0 $up || {{ cat /srv/up.out /srv/up.err; exit 1; }}
  sleep 1
done
grep 'ready for sales' /srv/up.out || {{ cat /srv/up.out /srv/up.err; exit 1; }}
pin=$(.venv/bin/counterfoil cards --json | python3 -c '
import json, sys
print(next(card["pin"] for card in json.load(sys.stdin) if card["name"] == "alice"))')
.venv/bin/counterfoil sale --amount 12.50 --card alice --pin "$pin"
.venv/bin/counterfoil accounts
kill -INT -$up
wait $up || [ $? -eq 130 ]
! .venv/bin/counterfoil sale --amount 1.00 --card alice --pin "$pin" 2>/srv/stopped
"""
WHOLE_TEST: Final = f"cd {INSIDE} && CI=true make test"


def main() -> int:
    """Build the root, go into it, run both commands; the status of the first that fails."""
    parser = argparse.ArgumentParser(
        prog="make fresh", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--keep", action="store_true", help="leave the root behind and say where it is")
    parser.add_argument("--only", choices=("up", "test"), help="one of the two commands")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: what runs inside ends too
    if os.geteuid() != 0:
        stop("only root can make a root: sudo make fresh")
    if shutil.which("debootstrap") is None:
        stop("debootstrap is needed: apt-get install -y debootstrap")
    root = Path(tempfile.mkdtemp(prefix="counterfoil-fresh-"))
    root.chmod(0o755)
    began = time.monotonic()
    try:
        build(root)
        for name, script in (("up", FIRST_SALE), ("test", WHOLE_TEST)):
            if words.only in (None, name):
                said(began, f"make {name}")
                status = inside(root, script)
                said(began, f"make {name}: {'green' if status == 0 else f'failed with {status}'}")
                if status:
                    return status
    finally:
        if words.keep:
            said(began, f"kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    return 0


def build(root: Path) -> None:
    """A Debian of this machine's release with PACKAGES, its mirrors and certificates, and a clone of HEAD."""
    began = time.monotonic()
    sources = mirrors()
    said(began, f"debootstrap of {sources[0][1]}")
    run(
        "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", sources[0][1], str(root), sources[0][0],
        quiet=True,
    )  # fmt: skip
    lines = "".join(f"deb {site} {release} {component}\n" for site, release, component in sources)
    (root / "etc/apt/sources.list").write_text(lines, "ascii")
    (root / "etc/apt/apt.conf.d/90machine").write_text(asked("apt-config", "dump", "Acquire::http", "Acquire::https"))
    trust = root / "usr/local/share/ca-certificates"
    for number, text in enumerate(CERTIFICATE.findall(BUNDLE.read_text("ascii")) if BUNDLE.exists() else []):
        (trust / f"machine-{number:03}.crt").write_text(text, "ascii")
    run("chroot", str(root), "update-ca-certificates", quiet=True)
    run("git", "clone", "--quiet", "--no-local", str(HERE), str(root) + INSIDE)
    run("chroot", str(root), "git", "config", "--global", "--add", "safe.directory", INSIDE)
    head = asked("git", "-C", str(HERE), "rev-parse", "HEAD").strip()
    run("git", "-C", str(root) + INSIDE, "checkout", "--quiet", "--detach", head)
    said(began, f"a bare machine with {head[:10]} at {INSIDE}")


def mirrors() -> list[tuple[str, str, str]]:
    """Site, suite and component of the archives of this machine's own release, the release itself first."""
    release = next(
        line.partition("=")[2].strip('"\n')
        for line in Path("/etc/os-release").read_text("utf-8").splitlines()
        if line.startswith("VERSION_CODENAME=")
    )
    told = asked("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    rows = {(site, suite, component) for site, suite, component in map(str.split, told.splitlines())}
    own = sorted(row for row in rows if re.fullmatch(rf"{release}(-updates|-security)?", row[1]))
    if (first := next((row for row in own if row[1] == release and row[2] == "main"), None)) is None:
        stop(f"apt knows no archive of {release}: apt-get update, then again")
    return [first, *(row for row in own if row != first)]


def inside(root: Path, script: str) -> int:
    """Run a script in the root, in namespaces of its own; whatever it leaves running ends with it."""
    variables = {"HOME": "/srv", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **machine()}
    exports = "".join(f"export {name}={json.dumps(value)}\n" for name, value in variables.items())
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-euc", CHROOT, "bash", str(root)]
    return subprocess.run([*command, exports + script], stdin=subprocess.DEVNULL, check=False).returncode


def machine() -> dict[str, str]:
    """How this machine reaches what it installs from: proxies, and pip's settings but for files of this machine."""
    found = {name: os.environ[name] for name in (*PROXIES, *map(str.upper, PROXIES)) if name in os.environ}
    pip = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    for line in pip.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        value = value.strip("'\"")
        if section == "global" and not value.startswith(("/", "file:")):
            found["PIP_" + option.upper().replace("-", "_")] = value
    bundle = str(BUNDLE)
    return found | {"PIP_CERT": bundle, "NODE_EXTRA_CA_CERTS": bundle}


def run(*command: str, quiet: bool = False) -> None:
    """A command that must succeed; what it said is shown when it does not."""
    done = subprocess.run(command, stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        stop(
            f"{' '.join(command)} ended with {done.returncode}\n{(done.stdout or b'').decode(errors='replace')[-3000:]}"
        )


def asked(*command: str) -> str:
    """What a command says."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def said(began: float, what: str) -> None:
    """A line of progress, with the seconds since `began`."""
    print(f"[fresh {time.monotonic() - began:5.0f} s] {what}", flush=True)


def stop(why: str) -> NoReturn:
    """End with a sentence."""
    sys.exit(f"make fresh: {why}")


if __name__ == "__main__":
    sys.exit(main())
