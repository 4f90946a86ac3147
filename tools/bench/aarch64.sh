#!/bin/sh
# Makes what counting aarch64 instructions on another machine needs: an emulator that counts, and
# the Python of a Raspberry Pi with both programs' packages. Once, about ten minutes and 1.5 GB, in
# the cache folder where tools.bench looks for it. Tried on Debian 12.
#
# Needs: sudo apt install dpkg-dev gcc make ninja-build pkg-config libglib2.0-dev python3-venv
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
target=${XDG_CACHE_HOME:-$HOME/.cache}/liftlight/aarch64
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    "Created-By: Packages" "Codename: $release" "Component: main" | head -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial" "$work/packages" "$target/root"

echo "Types: deb deb-src
URIs: $mirror
Suites: $release
Components: main
Architectures: arm64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" > "$work/sources/arm64.sources"

arm_apt() {
    apt-get --quiet=2 -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" \
        -o Dir::State::Lists="$work/lists" -o Dir::State::status=/dev/null \
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root "$@"
}

arm_pip() {
    folder=$1
    shift
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --upgrade --no-deps \
        --target "$target/$folder" --only-binary :all: --implementation cp --python-version 3.11 \
        --abi cp311 --abi abi3 --abi none --platform any --platform manylinux_2_34_aarch64 \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 \
        --platform manylinux2014_aarch64 "$@"
}

echo "Fetching ..."
arm_apt update
cd "$work/packages"
arm_apt download libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libffi8 libssl3 liblzma5 libbz2-1.0 \
    libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8 libdb5.3 python3.11-minimal \
    libpython3.11-minimal libpython3.11-stdlib
for package in *.deb; do dpkg -x "$package" "$target/root"; done
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'meson<1.5'

# Of our own packages only those that see, what reads films, and what tests the core.
awk '/^(av|hypothesis|numpy|tflite-runtime|opencv-python-headless)==/ { wanted = 1 }
     wanted { print } !/\\$/ { wanted = 0 }' "$here/requirements-3.11.lock" > "$work/ours.lock"
arm_pip ours --requirement "$work/ours.lock"
arm_pip theirs --requirement "$here/tools/peer/requirements-aarch64.lock"
# The OpenCV without windows does, and wants no graphics libraries.
rm -rf "$target"/theirs/cv2 "$target"/theirs/opencv_contrib_python*
cp -r "$target"/ours/cv2 "$target"/ours/opencv_python_headless* "$target/theirs/"

# Debian builds its qemu-user without plugins, and it is a plugin that counts.
echo "Building the emulator ..."
cd "$work"
arm_apt source --download-only qemu
mkdir qemu
tar -x -f qemu_*.orig.tar.xz -C qemu --strip-components 1
cd qemu
: > pc-bios/meson.build  # firmware for whole machines, which Debian's source leaves out
./configure --target-list=aarch64-linux-user --without-default-features --enable-plugins \
    --disable-system --disable-tools --disable-docs --disable-werror \
    --meson="$work/venv/bin/meson" --ninja="$(command -v ninja)" > "$work/configure.log"
ninja -C build qemu-aarch64 tests/plugin/libinsn.so > "$work/build.log"
cp build/qemu-aarch64 build/tests/plugin/libinsn.so "$target/"
touch "$target/.ready"
echo "Done: $target"
