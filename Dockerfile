# One image for the status pages and the workers. Built by compose.yaml.
FROM python:3.13-slim-trixie

# Debian packages with OpenCL drivers of GPUs; without any, the CPU driver that Nabe brings is used.
ARG OPENCL_PACKAGES=""
RUN if [ -n "$OPENCL_PACKAGES" ]; then \
        apt-get update && apt-get install -y --no-install-recommends $OPENCL_PACKAGES && rm -rf /var/lib/apt/lists/*; \
    fi
# NVIDIA's container runtime brings the driver but not the file that tells OpenCL of it.
RUN mkdir -p /etc/OpenCL/vendors && echo libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd

WORKDIR /nabe
COPY pyproject.toml README.md LICENSE ./
COPY kernels kernels
COPY mathcore mathcore
COPY grid grid
COPY tasks tasks
COPY web web
RUN pip install --no-cache-dir .

RUN useradd --create-home nabe
USER nabe
WORKDIR /home/nabe
