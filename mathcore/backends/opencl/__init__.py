"""The OpenCL backend. Importing it imports neither pyopencl nor a driver; making an ``OpenCLBackend`` does."""
