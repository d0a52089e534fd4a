"""The sims package as a whole."""

import subprocess
import sys


def test_importing_and_describing_plants_imports_neither_jax_nor_pybullet():
    code = (
        "import sys, sims, sims.plant, sims.registry, sims.orbit.family\n"
        "from sims.orbit.config import OrbitConfig\n"
        "state = {'position_m': [7e6, 0, 0], 'velocity_m_s': [0, 7.5e3, 0]}\n"
        "plant = {'kind': 'orbit', 'mass_kg': 4, 'thrust_limit_n': 1, 'state': state}\n"
        "sims.orbit.family.FAMILY.describe(OrbitConfig.model_validate(plant), 10.0)\n"
        "sys.exit(' '.join({'jax', 'pybullet'} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
