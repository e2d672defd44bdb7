"""A server that speaks S3 over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

BUCKET = "backups"
KEY, SECRET = "the-key-0815", "the-secret-4711"


@dataclass
class ObjectStore:
    url: str
    client: Any

    @property
    def keys(self) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def text(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """With an empty bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )
        # All servers of a process have one memory.
        requests.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
        client.create_bucket(Bucket=BUCKET)
        yield ObjectStore(url, client)
        client.close()
    finally:
        server.stop()
