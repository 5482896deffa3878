# Two stages: the first installs into a virtual environment, the second holds that and nothing to build with.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY kg kg
COPY loaders loaders
COPY api api
RUN python -m venv /opt/whence \
    && /opt/whence/bin/pip install --no-cache-dir --quiet -c constraints.txt .

FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/whence --create-home whence
COPY --from=build /opt/whence /opt/whence
ENV PATH=/opt/whence/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/whence
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=5 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Refused without WHENCE_ALLOW_REMOTE=1: who sets it publishes the port on 127.0.0.1 only, as the compose file does.
CMD ["whence", "serve", "--host", "0.0.0.0", "--port", "8000"]
