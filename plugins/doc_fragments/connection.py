# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options with which modules find a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Mirrors connection_argument_spec() of module_utils/_cluster_module.py."""

    DOCUMENTATION = r"""
options:
  zookeeper_quorum:
    description:
      - The ZooKeeper servers as C(host:port,host:port), without a path.
    type: str
    required: true
  zookeeper_root:
    description:
      - Flink's C(high-availability.zookeeper.path.root).
    type: str
    default: /flink
  cluster_id:
    description:
      - Flink's C(high-availability.cluster-id). It names the cluster below O(zookeeper_root).
    type: str
    required: true
  records_root:
    description:
      - The ZooKeeper node below which this collection keeps its records of what it has deployed.
    type: str
    default: /streamops
  zookeeper_username:
    description:
      - The user for ZooKeeper's digest authentication. Nodes that are created then belong to this user alone.
    type: str
  zookeeper_password:
    description:
      - The password of O(zookeeper_username).
    type: str
  zookeeper_tls:
    description:
      - Speak TLS with ZooKeeper. Leave it out for a plain connection.
    type: dict
    suboptions:
      ca:
        description:
          - A PEM file with the CAs to trust. Without it the CAs of the system are trusted.
        type: path
      cert:
        description:
          - A PEM file with the client certificate.
        type: path
      key:
        description:
          - A PEM file with the key of O(zookeeper_tls.cert), when it is not in the same file.
        type: path
      verify:
        description:
          - Whether the server's certificate is checked.
        type: bool
        default: true
  jobmanagers:
    description:
      - The JobManagers of the inventory.
      - They give the leader its name, and a leader that is none of them is an error.
      - Without them any leader is accepted and has no name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name in the inventory.
        type: str
        required: true
      url:
        description:
          - The REST address, made of C(rest.address) and C(rest.port) of that JobManager's configuration.
        type: str
        required: true
  rest_username:
    description:
      - The user for basic authentication at a proxy before the REST port.
    type: str
  rest_password:
    description:
      - The password of O(rest_username).
    type: str
  rest_token:
    description:
      - A bearer token for a proxy before the REST port. It is used instead of O(rest_username).
    type: str
  rest_ca_path:
    description:
      - A PEM file, or a directory prepared by C(c_rehash), with the CAs to trust for C(https://) addresses.
      - Proxies and CA bundles named in the environment are not used.
    type: path
  rest_client_cert:
    description:
      - A PEM file with a client certificate, for C(security.ssl.rest.authentication-enabled).
    type: path
  rest_client_key:
    description:
      - A PEM file with the key of O(rest_client_cert), when it is not in the same file.
    type: path
  rest_validate_certs:
    description:
      - Whether the certificates of C(https://) addresses are checked.
    type: bool
    default: true
  request_timeout:
    description:
      - The seconds within which one request must be answered in full.
    type: float
    default: 10.0
  failover_timeout:
    description:
      - The seconds for which a call follows a leader that is lost, until it gives up.
      - By default the JobManagers' ZooKeeper session time-out and 30 seconds.
    type: float
requirements:
  - kazoo >= 2.10
  - requests >= 2.31
notes:
  - The module speaks to ZooKeeper and to Flink's REST API from the host on which it runs. Nothing is needed on the
    nodes of the cluster, so it is usually delegated to V(localhost).
  - The leader is read from ZooKeeper. A JobManager that answers is not taken for the leader, because every JobManager
    passes questions on to the leader.
"""
