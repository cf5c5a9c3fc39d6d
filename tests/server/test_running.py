import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from skyform.errors import SkyformError
from skyform.server import Settings, run

PROGRAM = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from fakes import FakeClassifier
from skyform.server import Settings, run
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
run(Settings(port=0, data=sys.argv[2]), classifier=FakeClassifier())
soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print("many files" if soft == hard or soft >= 8192 else soft)
"""


def test_the_address_is_true_once_printed_and_ctrl_c_is_quiet(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "src"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"Skyform is at http://127\.0\.0\.1:(\d+) ", line)
        assert found, line
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=5)
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("server") is None
        connection.close()
        process.send_signal(signal.SIGINT)
        said, problems = process.communicate(timeout=20)
        assert process.returncode == 0
        assert problems == ""
        assert said.strip() == "many files"
    finally:
        process.kill()
        process.communicate()


def test_a_taken_port_is_said_before_anything_is_loaded() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SkyformError, match=rf"port {port}.*choose another port"):
            run(Settings(port=port, model="no-such-model"))
