#!/usr/bin/env bash
# Build a real Kubernetes control plane for `make e2e-k8s` from Debian's source package; needs root for apt-get, 2.5 GB scratch.
# Result: .cache/kubernetes/{kube-apiserver,kube-controller-manager} (git-ignored); etcd comes from Debian's package.
set -euo pipefail
HERE=$(cd "$(dirname "$0")/../.." && pwd)
CACHE=${GREENLIGHT_K8S_CACHE:-$HERE/.cache/kubernetes}
SCRATCH=${GREENLIGHT_K8S_SCRATCH:-${TMPDIR:-/tmp}/greenlight-kubernetes-build}

say() { printf '%s\n' "$*" >&2; }

if [ -x "$CACHE/kube-apiserver" ] && [ -x "$CACHE/kube-controller-manager" ] && command -v etcd >/dev/null; then
    say "Already built: $CACHE"
    exit 0
fi
command -v apt-get >/dev/null || { say "This build needs Debian's apt-get."; exit 1; }

say "Installing the tools of the build (golang-go, rsync, dpkg-dev, etcd-server) …"
apt-get update -qq
apt-get install -y -qq --no-install-recommends golang-go rsync dpkg-dev make gcc libc6-dev etcd-server openssl >/dev/null

# A private list of sources, so that the machine's own apt configuration stays as it was.
mkdir -p "$SCRATCH/lists/partial" "$CACHE"
SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
MIRROR=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian$' || echo http://deb.debian.org/debian)
cat >"$SCRATCH/sources.list" <<LIST
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main
LIST
APT=(-o "Dir::Etc::sourcelist=$SCRATCH/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$SCRATCH/lists")

cd "$SCRATCH"
if [ ! -d source ]; then
    say "Fetching Debian's source package kubernetes …"
    apt-get "${APT[@]}" -o APT::Sandbox::User=root update -qq
    apt-get "${APT[@]}" -o APT::Sandbox::User=root source -qq --download-only kubernetes
    dpkg-source -x ./*.dsc source.part >/dev/null
    mv source.part source
fi
cd source
say "Building kube-apiserver and kube-controller-manager (about 7 minutes on two cores) …"
export GOFLAGS=-mod=vendor GO111MODULE=auto GOCACHE="$SCRATCH/gocache" KUBE_GIT_TREE_STATE=clean KUBE_GIT_VERSION=v1.20.2
export KUBE_GIT_COMMIT=debian KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
nice -n 10 make WHAT="cmd/kube-apiserver cmd/kube-controller-manager"
for name in kube-apiserver kube-controller-manager; do
    install -m 755 "_output/local/go/bin/$name" "$CACHE/$name"
done
cd / && rm -rf "$SCRATCH"
say "Built: $(ls -1 "$CACHE" | tr '\n' ' ')"
