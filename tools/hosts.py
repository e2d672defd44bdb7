"""A test bed of real hosts: containers with systemd on a network of their own, with a shared directory.

    python tools/hosts.py up [--bed NAME] [--inventory FILE] [HOST ...]
    python tools/hosts.py down [--bed NAME]
    python tools/hosts.py engine

A host has Python, sudo and what every Debian has, and nothing of Flink. Its image is made once from Debian's packages
and kept in the cache, under the digest of its recipe; nothing is pulled. Docker Engine is installed from Debian and
started where this runs as root and none runs yet. Uses nothing outside the standard library.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import inspect
import ipaddress
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink" / "hosts"
DEFAULT_BED = "flinkhosts"
DEFAULT_HOSTS = ("zk1", "zk2", "zk3", "jm1", "jm2", "tm1", "tm2", "tm3")
LABEL = "streamops.flink.bed"
SHARED = "/srv/flink"
USER = "deploy"
# What a host is before Ansible comes: Python and sudo are what Ansible needs, the rest is what people have on a server.
PACKAGES = [
    "ca-certificates",
    "dbus",
    "iproute2",
    "iptables",
    "iputils-ping",
    "less",
    "libpam-systemd",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd",
    "systemd-sysv",
]
# Units that have nothing to do in a container.
MASKED = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "fstrim.timer",
    "e2scrub_all.timer",
    "getty.target",
    "console-getty.service",
    "systemd-udevd.service",
    "systemd-udev-trigger.service",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "dev-hugepages.mount",
    "systemd-modules-load.service",
]
FILES = {
    "etc/sudoers.d/deploy": f"{USER} ALL=(ALL) NOPASSWD: ALL\n",
    # Writes of packages need not survive a loss of power here, and their manuals are not read.
    "etc/dpkg/dpkg.cfg.d/hosts": "force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\n",
    "etc/systemd/journald.conf.d/hosts.conf": "[Journal]\nStorage=persistent\nSystemMaxUse=64M\n",
    # A host that hangs while it goes down would hold up a test for minutes.
    "etc/systemd/system.conf.d/hosts.conf": "[Manager]\nDefaultTimeoutStopSec=40s\n",
}
# The flags under which systemd runs as the first process without a privileged container.
FLAGS = [
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    # Root on a machine may look at every process.
    "--cap-add=SYS_PTRACE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp:exec",
    "--stop-signal=SIGRTMIN+3",
    "--stop-timeout=45",
]
ENGINE_SECONDS = 60.0
BOOT_SECONDS = 90.0
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")


class HostsError(Exception):
    """Something that a person has to put right; the text is one sentence."""


# --- Programs ----------------------------------------------------------------------------------------------------


def run(*command: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program; where it fails, its last words become the error."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    except FileNotFoundError as error:
        raise HostsError(f"cannot run {command[0]}: it is not installed") from error
    if check and done.returncode:
        words = " ".join(str(word) for word in command)
        raise HostsError(f"{words if len(words) < 120 else words[:117] + '…'} failed: {last_words(done)}")
    return done


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout or "").splitlines() if line.strip()]
    return lines[-1] if lines else f"exit code {done.returncode}"


def docker(*arguments: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    return run("docker", *arguments, check=check, **options)


def wait_for(probe: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Look until the probe is true; afterwards say what was seen instead."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not probe():
        if time.monotonic() > deadline:
            raise HostsError(otherwise())
        pause.wait(0.2)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Two that need the same thing at once take turns."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("a", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def require_packages(*programs_and_packages: tuple[str, str]) -> None:
    """Install from Debian what is missing."""
    missing = [package for program, package in programs_and_packages if shutil.which(program) is None]
    if not missing:
        return
    what = " ".join(missing)
    if os.geteuid() != 0:
        raise HostsError(f"cannot install {what} as user id {os.geteuid()}: run it as root, or install {what} first")
    if shutil.which("apt-get") is None:
        raise HostsError(f"cannot install {what}: there is no apt-get here; install {what} first, or use Debian")
    print(f"installing {what} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing)
    if run(*install, check=False, env=environment).returncode:
        # Lists that are old, or none at all, are what usually fails here.
        run("apt-get", "update", "--quiet", env=environment)
        run(*install, env=environment)


# --- Docker Engine -----------------------------------------------------------------------------------------------


def engine_answers() -> bool:
    return shutil.which("docker") is not None and docker("info", check=False).returncode == 0


def engine_state() -> Path:
    return CACHE / "engine.json"


def started_at(pid: int) -> str:
    """When a process was started, in the kernel's clock; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def our_engine() -> int:
    """The id of the daemon that this program started and that still runs; 0 when there is none."""
    try:
        state = json.loads(engine_state().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    pid = int(state["pid"])
    return pid if started_at(pid) == state["started"] else 0


def ensure_engine() -> None:
    """Use the Docker Engine that runs; install and start one where there is none."""
    with alone("engine"):
        if engine_answers():
            return
        if os.geteuid() != 0:
            raise HostsError(
                f"no Docker Engine answers user id {os.geteuid()}, and only root can start one: "
                "start it, or run this as root"
            )
        require_packages(("docker", "docker.io"), ("dockerd", "docker.io"))
        log = CACHE / "dockerd.log"
        with log.open("w", encoding="utf-8") as output:
            daemon = subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        engine_state().write_text(json.dumps({"pid": daemon.pid, "started": started_at(daemon.pid)}), encoding="utf-8")

        def ready() -> bool:
            if daemon.poll() is not None:
                raise HostsError(f"dockerd ended at once: {log_reason(log)} (its log is {log})")
            return engine_answers()

        wait_for(ready, ENGINE_SECONDS, lambda: f"dockerd did not answer within {ENGINE_SECONDS:.0f} s, see {log}")
        print(f"started Docker Engine, process {daemon.pid}", flush=True)


def log_reason(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it wrote nothing"


def stop_engine() -> None:
    """Stop the daemon that this program started, unless containers of others are in it."""
    with alone("engine"):
        pid = our_engine()
        if not pid:
            engine_state().unlink(missing_ok=True)
            return
        left = docker("ps", "--all", "--quiet", check=False).stdout.split()
        if left:
            print(f"Docker Engine goes on: {len(left)} other container(s) are in it", flush=True)
            return
        started = started_at(pid)
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: ended(pid, started), ENGINE_SECONDS, lambda: f"dockerd (process {pid}) does not end")
        engine_state().unlink(missing_ok=True)
        print("stopped Docker Engine", flush=True)


def ended(pid: int, started: str) -> bool:
    """Whether a process is gone; one that was not waited for is."""
    if started_at(pid) != started:
        return True
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


# --- The image ---------------------------------------------------------------------------------------------------


def release() -> str:
    """The name of this machine's Debian or Ubuntu, which the hosts are made of too."""
    found = Path("/etc/os-release").read_text(encoding="utf-8")
    name = re.search(r"^VERSION_CODENAME=(\S+)", found, flags=re.MULTILINE)
    if name is None:
        raise HostsError("cannot choose the Debian of the hosts: /etc/os-release has no VERSION_CODENAME")
    return name[1].strip('"')


def mirror(suite: str) -> list[str]:
    """Where apt gets that release from here; nothing when debootstrap's own choice has to do."""
    targets = run("apt-get", "indextargets", "--format", "$(CODENAME) $(RELEASE) $(COMPONENT) $(REPO_URI)", check=False)
    for line in targets.stdout.splitlines():
        codename, suite_name, component, uri = [*line.split(maxsplit=3), "", "", "", ""][:4]
        if suite in (codename, suite_name) and component == "main" and uri:
            return [uri]
    return []


def apt_settings() -> str:
    """How apt reaches its servers here: proxies, and the checks that the local set-up changes."""
    dump = run("apt-config", "dump", check=False).stdout
    return "".join(f"{line}\n" for line in dump.splitlines() if re.match(r"Acquire::(http|https|ftp|Check)", line))


def authorities() -> bytes:
    """The certificates that this machine trusts, so that its hosts trust the same."""
    for name in (os.environ.get("SSL_CERT_FILE", ""), "/etc/ssl/certs/ca-certificates.crt"):
        if name and Path(name).is_file():
            return Path(name).read_bytes()
    return b""


def recipe() -> str:
    """Names an image by all that it is made of."""
    parts = [release(), *mirror(release()), *PACKAGES, *MASKED, *sum(FILES.items(), ()), USER, apt_settings()]
    parts.append(inspect.getsource(furnish))
    digest = hashlib.sha256("\0".join(parts).encode() + b"\0" + authorities())
    return digest.hexdigest()[:16]


def ensure_image() -> str:
    """The image of a host: the one in the engine, the one in the cache, or a new one."""
    require_packages(("debootstrap", "debootstrap"))
    image = f"streamops-flink-host:{recipe()}"
    with alone("image"):
        if docker("image", "inspect", image, check=False).returncode == 0:
            return image
        saved = CACHE / f"{image.replace(':', '-')}.tar"
        if not (saved.is_file() and docker("load", "--input", saved, check=False).returncode == 0):
            build(image, saved)
    return image


def build(image: str, saved: Path) -> None:
    if os.geteuid() != 0:
        raise HostsError(f"cannot build the image of a host as user id {os.geteuid()}: debootstrap needs root")
    started = time.monotonic()
    print("building the image of a host from Debian's packages, once …", flush=True)
    with tempfile.TemporaryDirectory(prefix="host-", dir=CACHE) as scratch:
        root, archive = Path(scratch) / "root", Path(scratch) / "root.tar"
        include = f"--include={','.join(PACKAGES)}"
        run("debootstrap", "--variant=minbase", include, release(), root, *mirror(release()))
        furnish(root)
        run("tar", "--create", "--file", archive, "--directory", root, "--numeric-owner", ".")
        docker("import", "--change", 'CMD ["/sbin/init"]', "--change", "ENV container=docker", archive, image)
    # Those of earlier recipes; one that a host still runs from stays.
    for old in CACHE.glob("streamops-flink-host-*.tar"):
        old.unlink()
    name = image.partition(":")[0]
    for other in docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name).stdout.split():
        if other != image:
            docker("image", "rm", other, check=False)
    part = saved.with_suffix(".part")
    docker("save", "--output", part, image)
    part.replace(saved)
    print(f"… done in {time.monotonic() - started:.0f} s", flush=True)


def furnish(root: Path) -> None:
    """What makes a bare Debian a host that one can log in to and that boots in a container."""
    apt = f'{apt_settings()}Acquire::Languages "none";\n'
    for name, content in {**FILES, "etc/apt/apt.conf.d/90hosts": apt}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    (root / "etc/sudoers.d/deploy").chmod(0o440)
    trusted = authorities()
    if trusted:
        (root / "etc/ssl/certs/ca-certificates.crt").write_bytes(trusted)
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    (root / "var/log/journal").mkdir(exist_ok=True)
    for unit in MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    default = root / "etc/systemd/system/default.target"
    default.unlink(missing_ok=True)
    default.symlink_to("/lib/systemd/system/multi-user.target")
    # Every host gets its own on its first boot.
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    for lists in (root / "var/cache/apt/archives").glob("*.deb"):
        lists.unlink()


# --- The bed -----------------------------------------------------------------------------------------------------


def container(bed: str, host: str) -> str:
    return f"{bed}-{host}"


def hosts_of(bed: str) -> dict[str, str]:
    """The hosts of a bed and their addresses."""
    listed = docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}={bed}").stdout.split()
    if not listed:
        return {}
    found = json.loads(docker("inspect", *listed).stdout)
    addresses = {
        str(one["Config"]["Hostname"]): str(one["NetworkSettings"]["Networks"][bed]["IPAMConfig"]["IPv4Address"])
        for one in found
    }
    return dict(sorted(addresses.items()))


def ensure_network(bed: str) -> ipaddress.IPv4Network:
    """A network whose range Docker chooses; giving it back as ours lets every host keep its address indefinitely."""
    found = docker("network", "inspect", bed, check=False)
    if found.returncode:
        label = f"{LABEL}={bed}"
        docker("network", "create", "--label", label, bed)
        free = json.loads(docker("network", "inspect", bed).stdout)[0]["IPAM"]["Config"][0]["Subnet"]
        docker("network", "rm", bed)
        docker("network", "create", "--label", label, "--subnet", free, bed)
        found = docker("network", "inspect", bed)
    return ipaddress.IPv4Network(json.loads(found.stdout)[0]["IPAM"]["Config"][0]["Subnet"])


def start(bed: str, image: str, host: str, address: str) -> None:
    docker(
        *("run", "--detach", "--name", container(bed, host), "--hostname", host, "--label", f"{LABEL}={bed}"),
        *("--network", bed, "--ip", address, "--network-alias", host, "--volume", f"{bed}-storage:{SHARED}"),
        *(*FLAGS, image),
    )


def up(bed: str, wanted: list[str]) -> dict[str, str]:
    """Start the hosts that are not there yet, and wait until all have booted."""
    ensure_engine()
    image = ensure_image()
    with alone("beds"):
        network = ensure_network(bed)
        docker("volume", "create", "--label", f"{LABEL}={bed}", f"{bed}-storage")
        present = hosts_of(bed)
        # .1 is the bridge; the first ten stay free for whatever else is connected.
        free = (str(one) for one in list(network.hosts())[10:] if str(one) not in present.values())
        for host in wanted:
            if host in present:
                docker("start", container(bed, host))
            else:
                start(bed, image, host, next(free))
    for host in wanted:
        wait_until_booted(bed, host)
    return hosts_of(bed)


def boot_state(bed: str, host: str) -> str:
    return docker("exec", container(bed, host), "systemctl", "is-system-running", check=False).stdout.strip()


def wait_until_booted(bed: str, host: str) -> None:
    """A host is up when systemd has nothing left to start; a unit that failed does not make it unusable."""
    wait_for(
        lambda: boot_state(bed, host) in {"running", "degraded"},
        BOOT_SECONDS,
        lambda: (
            f"the host {host} did not boot within {BOOT_SECONDS:.0f} s, systemd says "
            f"{boot_state(bed, host) or 'nothing'}: see docker logs {container(bed, host)}"
        ),
    )


def down(bed: str) -> None:
    """Remove all of a bed, and the engine when this program started it and nothing else uses it."""
    if not engine_answers():
        print("no Docker Engine runs here, so there are no hosts", flush=True)
        return
    for kind, listing in (
        ("container", ("ps", "--all")),
        ("network", ("network", "ls")),
        ("volume", ("volume", "ls")),
    ):
        found = docker(*listing, "--quiet", "--filter", f"label={LABEL}={bed}").stdout.split()
        if found:
            options = ("--force", "--volumes") if kind == "container" else ()
            docker(kind, "rm", *options, *found)
            print(f"removed {len(found)} {kind}(s) of {bed}", flush=True)
    shutil.rmtree(inventory_file(bed).parent, ignore_errors=True)
    stop_engine()


# --- Its inventory -----------------------------------------------------------------------------------------------


def inventory_file(bed: str) -> Path:
    return ROOT / ".cache" / "hosts" / bed / "hosts.yml"


def connection(bed: str, host: str, address: str) -> dict[str, str]:
    return {"ansible_host": container(bed, host), "flink_host_address": address}


def inventory(bed: str, hosts: dict[str, str]) -> dict[str, Any]:
    """How Ansible gets to the hosts, and the groups that follow from their names: zk1, jm1, tm1 …"""
    groups: dict[str, Any] = {}
    for prefix, group in (("zk", "zookeeper"), ("jm", "jobmanagers"), ("tm", "taskmanagers")):
        names = [host for host in hosts if re.fullmatch(rf"{prefix}\d+", host)]
        if names:
            groups[group] = {"hosts": {name: {} for name in names}}
    for name, variables in groups.get("zookeeper", {}).get("hosts", {}).items():
        variables["zookeeper_myid"] = int(name.removeprefix("zk"))
    if "jobmanagers" in groups:
        groups["sql_gateways"] = {"hosts": {next(iter(groups["jobmanagers"]["hosts"])): {}}}
    variables = {
        "ansible_connection": "community.docker.docker",
        "ansible_user": USER,
        "ansible_python_interpreter": "/usr/bin/python3",
        "flink_runtime": "systemd",
        "flink_cluster_name": bed,
        "flink_storage_dir": f"{SHARED}/{bed}",
        "flink_storage_shared": True,
    }
    described: dict[str, Any] = {
        "all": {"hosts": {host: connection(bed, host, address) for host, address in hosts.items()}},
        "flink": {"children": groups, "vars": variables},
    }
    if not groups:
        # Hosts with names of their own: their groups are the caller's affair.
        described = {"all": {**described["all"], "vars": {k: v for k, v in variables.items() if k[0] == "a"}}}
    return described


def write_inventory(path: Path, content: dict[str, Any]) -> None:
    """JSON is YAML, and needs no library."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A test bed of real hosts: containers with systemd.")
    commands = parser.add_subparsers(dest="command", required=True)
    start_hosts = commands.add_parser("up", help="start hosts")
    start_hosts.add_argument("hosts", nargs="*", metavar="HOST", default=list(DEFAULT_HOSTS))
    start_hosts.add_argument("--inventory", type=Path, metavar="FILE", help="where to write how Ansible gets to them")
    commands_with_bed = (start_hosts, commands.add_parser("down", help="remove them and all that belongs to them"))
    for command in commands_with_bed:
        command.add_argument("--bed", default=DEFAULT_BED, help="name of this set of hosts")
    commands.add_parser("engine", help="make sure that a Docker Engine runs")
    given = parser.parse_args(words)
    for name in (*getattr(given, "hosts", ()), getattr(given, "bed", DEFAULT_BED)):
        if not NAME.match(name):
            parser.error(f"{name!r} is not a valid name of a host or a bed: use lower-case letters, digits and hyphens")
    return given


def main() -> int:
    given = arguments()
    try:
        if given.command == "engine":
            ensure_engine()
        elif given.command == "down":
            down(given.bed)
        else:
            hosts = up(given.bed, given.hosts)
            target = given.inventory or inventory_file(given.bed)
            write_inventory(target, inventory(given.bed, hosts))
            print(f"{len(hosts)} hosts are up: {', '.join(hosts)}; inventory: {target}", flush=True)
    except HostsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
