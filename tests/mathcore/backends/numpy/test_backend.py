"""What the NumPy backend promises as a whole: it needs no OpenCL, and its bits do not depend on threads."""

import re
import subprocess
import sys

import numpy as np
import threadpoolctl

from mathcore.backends import create


def run(program: str) -> str:
    """Run a Python program in a process of its own and return what it prints."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_the_class_names_numpy_the_blas_library_and_its_kernels() -> None:
    backend = create("numpy")
    assert re.fullmatch(r"numpy/[\d.]+[^/]*/[^/]+/[^/]+/1-thread", backend.equivalence_class)
    assert np.__version__ in backend.equivalence_class


def test_the_blas_library_runs_on_one_thread() -> None:
    create("numpy")
    assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}


def test_the_backend_works_where_pyopencl_cannot_be_imported() -> None:
    program = """
import sys
sys.modules["pyopencl"] = None
from mathcore.backends import create
backend = create("numpy")
print((backend.asarray([[1.0, 2.0]]) @ backend.asarray([[3.0], [4.0]])).item())
"""
    assert run(program) == "11.0\n"


def test_importing_mathcore_does_not_import_pyopencl() -> None:
    program = "import sys, mathcore, mathcore.backends, mathcore.layers; print('pyopencl' in sys.modules)"
    assert run(program) == "False\n"


def test_matrix_products_have_the_same_bits_in_a_process_told_to_use_two_threads() -> None:
    program = """
import hashlib, os
os.environ["OPENBLAS_NUM_THREADS"] = "{threads}"
import numpy as np
from mathcore.backends import create
backend = create("numpy")
x = np.random.default_rng(0).standard_normal((300, 3000)).astype(np.float32)
product = backend.asarray(x) @ backend.asarray(x.T)
print(hashlib.sha256(product.numpy().tobytes()).hexdigest())
"""
    assert run(program.format(threads=1)) == run(program.format(threads=2))
