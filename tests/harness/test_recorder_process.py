"""The recorder process loads little, so that it is ready soon and takes little of the machine."""

import subprocess
import sys


def test_it_loads_neither_jax_nor_a_plant_nor_pandas():
    code = (
        "import sys, harness.recorder_process;"
        "print([m for m in ('jax', 'pybullet', 'pandas', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
