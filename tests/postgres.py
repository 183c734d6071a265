"""A real PostgreSQL server for tests, where one is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import create_engine


def port():
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a real server, started and stopped here."""
    for program in ("initdb", "postgres"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    as_root = os.geteuid() == 0
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is nobody else")
    with tempfile.TemporaryDirectory(prefix="tirgul-pg-") as folder:
        if as_root:
            os.chown(folder, user.pw_uid, user.pw_gid)
        who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if as_root else {}
        at, data = port(), f"{folder}/data"
        environment = {**os.environ, "LC_ALL": "C", "HOME": folder}
        made = subprocess.run(
            ["initdb", "-D", data, "-U", "tirgul", "-A", "trust", "-E", "UTF8", "--no-sync"],
            capture_output=True, text=True, env=environment, cwd=folder, **who,
        )
        if made.returncode:
            pytest.skip(f"initdb: {made.stderr.strip()[-200:]}")
        command = ["postgres", "-D", data, "-p", str(at), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who
        )
        url = f"postgresql://tirgul@127.0.0.1:{at}/postgres"
        try:
            for _ in range(100):
                with closing(socket.socket()) as asked:
                    if asked.connect_ex(("127.0.0.1", at)) == 0:
                        break
                time.sleep(0.1)
            time.sleep(0.5)
            yield url
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def postgres(postgres_server):
    """The URL of an empty database on it."""
    engine = create_engine(postgres_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return postgres_server
