"""Properties as java.util.Properties reads them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.properties import property_key, property_value
from ansible_collections.streamops.flink.plugins.module_utils._config.zookeeper import zookeeper_files

NASTY = [
    *("plain", "a;b", "a # b", "#a", "!a", "a=b", "a:b", "=a", ":a", "'a b'", '"a b"', "$HOME", "${user.home}", "`id`"),
    *(
        "*",
        "a\\b",
        "C:\\temp\\new",
        "a\\",
        "\\\\host",
        "\\u0041",
        "größe",
        "漢字",
        "😀",
        "a\tb",
        "a\nclientPort=1",
        "a\r\nb",
    ),
    *("a\n b", "\fa", "%d", "a,b", "\u00a0a", "{a}", "x\\\ny", "\x01", "\x7f"),
]
READER = """
import java.io.*; import java.util.*;
public class Read {
  static String hex(String s) { StringBuilder b = new StringBuilder();
    for (char c : s.toCharArray()) b.append(String.format("%04x", (int) c)); return b.toString(); }
  public static void main(String[] a) throws IOException {
    Properties p = new Properties(); p.load(new FileInputStream(a[0]));
    for (Map.Entry<Object, Object> e : p.entrySet())
      System.out.println(hex((String) e.getKey()) + " " + hex((String) e.getValue()));
  }
}
"""


def read(path: Path, scratch: Path) -> dict[str, str]:
    """A file as Java reads it, ZooKeeper's way: bytes, so Latin-1."""
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.skip("there is no JDK")
    source = scratch / "Read.java"
    source.write_text(READER, encoding="utf-8")
    done = subprocess.run([java, str(source), str(path)], capture_output=True, text=True, check=True)
    pairs = (line.partition(" ")[::2] for line in done.stdout.splitlines())
    return {_text(key): _text(value) for key, value in pairs}


def _text(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-16-be", "surrogatepass")


@pytest.mark.real
def test_java_reads_what_was_written(tmp_path: Path) -> None:
    pairs = {f"{number}{value}": value for number, value in enumerate(NASTY)}
    pairs |= {f"blank{number}": value for number, value in enumerate([" a", "  a", "a ", " ", ""])}
    pairs |= {" begins": "x", "ends ": "x", "two words": "x", "": "empty"}
    path = tmp_path / "all.properties"
    text = "\n".join(f"{property_key(key)}={property_value(value)}" for key, value in pairs.items())
    path.write_text(f"{text}\n", encoding="latin-1")
    assert read(path, tmp_path) == pairs


@pytest.mark.parametrize("value", NASTY, ids=json.dumps)
def test_a_value_is_one_line_of_ascii(value: str) -> None:
    for text in (property_key(value), property_value(value)):
        assert text.isascii()
        assert not {"\n", "\r"} & set(text)
        assert not (len(text) - len(text.rstrip("\\"))) % 2


def files(**variables: Any) -> dict[str, str]:
    known = {"flink_node_dir": "/srv/größe", "flink_host_address": "zk1", "zookeeper_myid": 1, **variables}
    node = {"name": "zk1", "address": "zk1", "daemons": ["zookeeper"], "myid": 1, "ports": {}}
    return zookeeper_files(known, [node])


@pytest.mark.real
def test_zookeeper_reads_its_configuration_as_it_was_written(tmp_path: Path) -> None:
    given = {f"custom.{number}": value for number, value in enumerate(NASTY)}
    path = tmp_path / "zoo.cfg"
    written = files(zookeeper_source="package", zookeeper_config={**given, "custom.a=b c": "x"})
    path.write_text(written["zoo.cfg"], encoding="utf-8")
    found = read(path, tmp_path)
    assert {key: found.get(key) for key in given} == given
    assert found["custom.a=b c"] == "x"
    assert found["clientPort"] == "2181"
    assert found["dataDir"] == "/srv/größe/zookeeper/data"
    path.write_text(written["log4j.properties"], encoding="utf-8")
    assert read(path, tmp_path)["log4j.appender.file.File"] == "/srv/größe/zookeeper/log/zookeeper.log"


@pytest.mark.parametrize("option", ["-Da=x y", "-Da=x\ty", " ", ""])
def test_an_option_with_blanks_is_refused_where_a_script_would_split_it(option: str) -> None:
    given = {"zookeeper_java_options": ["-Da=1", option]}
    with pytest.raises(FlinkError, match=r"^cannot use variable zookeeper_java_options: "):
        files(zookeeper_source="image", **given)
    assert files(zookeeper_source="package", **given)
