"""OpenCL C sources, one concept a ``.cl`` file. ``mathcore/backends/opencl/source.py`` reads them."""
