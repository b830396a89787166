# kb in a container: it runs as nobody who may do anything, and writes below /srv/kb alone. README says how it is started.
# The whole image, for its compiler: on ARM one package has no wheel.
FROM python:3.13 AS build
WORKDIR /source
COPY requirements-opensearch.lock ./
RUN python -m venv /opt/kb \
 && /opt/kb/bin/pip install --no-cache-dir --require-hashes -r requirements-opensearch.lock
COPY . .
RUN /opt/kb/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /opt/kb /opt/kb
RUN mkdir -p /srv/kb/data/reports /srv/kb/cache && chown -R 10001:10001 /srv/kb
ENV PATH=/opt/kb/bin:$PATH HOME=/srv/kb/cache XDG_CACHE_HOME=/srv/kb/cache PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The only thing to back up.
ENV KB_LIBRARY=/srv/kb/data/reports
WORKDIR /srv/kb
VOLUME ["/srv/kb/data", "/srv/kb/cache"]
USER 10001:10001
EXPOSE 8000
# A library that is read for the first time takes its time.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Whoever reads needs no token, whoever writes does: KB_TOKEN, at least 16 characters.
CMD ["kb", "serve", "--host", "0.0.0.0", "--port", "8000", "--watch"]
