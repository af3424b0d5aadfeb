# One image for every role; which role runs, and with which secrets, is said where it is started.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements-worker.txt .
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-worker.txt
COPY leverframe leverframe
COPY machines machines
COPY texts texts
COPY workflows workflows
COPY activities activities
COPY tools tools
COPY audit audit
COPY desk desk
COPY api api
COPY worker worker
# What the reference shop brings is found as that of other businesses is: by the entry points of an installed package.
COPY pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e .

RUN useradd --uid 10001 --no-create-home leverframe && mkdir /state && chown leverframe /state
USER leverframe
ENV LEVERFRAME_STATE_DIR=/state
ENTRYPOINT ["python", "-m", "worker"]
