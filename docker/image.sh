#!/bin/sh
# The image without Docker: buildah, and where no registry of images is reached a Debian base by mmdebstrap under the
# name that the Dockerfile starts from. As root; BASE=registry takes the Dockerfile's own base.
set -eu
cd "$(dirname "$0")/.."
name=$(sed -n 's/^FROM //p' Dockerfile)
if [ "${BASE:-debian}" = debian ] && ! buildah inspect --type image "docker.io/library/$name" >/dev/null 2>&1; then
    container=$(buildah from scratch)
    root=$(buildah mount "$container")
    # The suite whose Python has the version that the Dockerfile names.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,passwd,python3-pip-whl,python-is-python3 trixie - |
        tar -C "$root" -x
    # An image is nobody's system: pip may install into it. It comes as its own wheel, as in the Dockerfile's base: what
    # Debian's pip needs of Python packages is Debian's, and pip cannot put another version in its place.
    rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
    chroot "$root" sh -c 'cd /usr/share/python-wheels && PYTHONPATH=$(echo pip-*.whl) \
        python -m pip install --quiet --no-index --ignore-installed --root-user-action=ignore ./pip-*.whl'
    # This machine's authorities, where it has its own.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    buildah umount "$container" >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit --quiet --rm "$container" "docker.io/library/$name" >/dev/null
fi
buildah bud --quiet --isolation chroot --layers=false --pull-never --tag leverframe-worker .
