# Wirewatch in a container: `docker build -t wirewatch .`, then
#   docker run -v wirewatch:/data -e WIREWATCH_DISCORD__TOKEN=... wirewatch
# Mount your own configuration over /etc/wirewatch.

FROM python:3.11-slim AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

WORKDIR /src

# The dependencies first: this layer changes only when the lock does.
COPY requirements/runtime.txt requirements/
RUN python -m venv /opt/wirewatch \
    && /opt/wirewatch/bin/pip install --require-hashes --only-binary :all: \
        -r requirements/runtime.txt

# What builds the project itself, at the versions and hashes of the lock.
COPY requirements/build.txt requirements/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt

COPY pyproject.toml README.md LICENSE ./
COPY bot/ bot/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/wirewatch/bin/pip install --no-deps --no-index /dist/*.whl \
    && /opt/wirewatch/bin/pip uninstall --yes pip


FROM builder AS builder-postgresql

COPY requirements/postgresql.txt requirements/
RUN /opt/build/bin/pip --python /opt/wirewatch/bin/python install --no-deps \
        --require-hashes --only-binary :all: -r requirements/postgresql.txt


FROM python:3.11-slim AS runtime

LABEL org.opencontainers.image.title="Wirewatch" \
      org.opencontainers.image.description="A news wire desk inside Discord and Slack" \
      org.opencontainers.image.licenses="MIT"

RUN groupadd --system --gid 10001 wirewatch \
    && useradd --system --uid 10001 --gid wirewatch --home-dir /data --no-create-home wirewatch \
    && install --directory --owner wirewatch --group wirewatch /data

COPY --from=builder /opt/wirewatch /opt/wirewatch
COPY config/ /etc/wirewatch/

ENV PATH=/opt/wirewatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WIREWATCH_CONFIG=/etc/wirewatch/wirewatch.toml \
    WIREWATCH_STORAGE__URL=sqlite:////data/wirewatch.db

USER wirewatch
WORKDIR /data
VOLUME /data

# Deliveries under way are finished or left to be reconciled at the next start.
STOPSIGNAL SIGTERM
ENTRYPOINT ["wirewatch"]
CMD ["run"]


# `docker build --target postgresql`: the same with the driver.
FROM runtime AS postgresql
COPY --from=builder-postgresql /opt/wirewatch /opt/wirewatch


# What is built when no target is named.
FROM runtime
