# One image for every service of docker-compose.yml: web, worker, jobs, beat.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt constraints.txt ./
RUN /venv/bin/python -m pip install -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    QQCAMPAIGN_HOME=/data STATIC_ROOT=/app/staticfiles
# manage.py backup copies PostgreSQL by pg_dump, which must not be older than the server: Debian's
# own is older than the server of docker-compose.yml. The archives keep only their newest versions,
# so a pinned one would stop the build some day.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common ca-certificates \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /data qqcampaign && chmod 700 /data
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# The secrets of the build are thrown away with its folder; the running ones are given.
RUN QQCAMPAIGN_HOME=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build
USER 10001
VOLUME /data
EXPOSE 8000
# Compose names its own check for each kind of process; this one is for the web alone.
HEALTHCHECK --interval=30s --timeout=20s --start-period=30s \
    CMD ["python", "manage.py", "serve", "--check", "web"]
CMD ["python", "manage.py", "serve", "web"]
