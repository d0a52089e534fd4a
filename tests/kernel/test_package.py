"""The kernel package as a whole."""

import subprocess
import sys


def test_importing_the_kernel_imports_neither_jax_nor_pybullet():
    code = (
        "import sys, kernel, kernel.gravity, kernel.gains, kernel.frames, kernel.metric\n"
        "import kernel.agp_layout, kernel.packing, kernel.orbits, kernel.modes\n"
        "sys.exit(' '.join({'jax', 'pybullet'} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
