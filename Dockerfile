# Three stages: the page is built, all is installed into a virtual environment, and the last holds that and nothing to
# build with.
FROM node:22-slim AS page
WORKDIR /web
COPY api/web/package.json api/web/package-lock.json api/web/.npmrc ./
RUN npm ci
COPY api/web .
RUN npm run build

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY kg kg
COPY loaders loaders
COPY api api
COPY --from=page /web/dist api/web/dist
RUN python -m venv /opt/whence \
    && /opt/whence/bin/pip install --no-cache-dir --quiet -c constraints.txt '.[access,otel]'

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
# Refused without WHENCE_ACCESS=on: others can reach this address.
CMD ["whence", "serve", "--host", "0.0.0.0", "--port", "8000"]
