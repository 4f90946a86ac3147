#!/usr/bin/env bash
# Turn a stock Raspberry Pi OS Lite (64-bit, Bookworm or Trixie) into LiftLight.
#
#   sudo firmware_config/install.sh              install; a second time it changes nothing
#   sudo firmware_config/install.sh --dry-run    only say what would be done
#   sudo firmware_config/install.sh --make-room  the next boot makes the partition for the data
#   firmware_config/install.sh --image           install into the image that is being made (image/)
#   sudo firmware_config/install.sh --uninstall  take it away again; data and packages stay
#
# Every file under files/ goes to the same path on the machine. With ROOT=DIR in the environment
# only files are written, below DIR, and no command of the machine is run.
set -euo pipefail
export LC_ALL=C
umask 022 # the user liftlight reads what root installs, whatever is usual for whoever types sudo

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(dirname "$here")
root=${ROOT:-}
files_only=${ROOT:+yes}
venv=/opt/liftlight
command=/usr/local/bin/liftlight
active=$venv/.active # there once an installation came to its end
config=/boot/firmware/config.txt
room_ready=/run/liftlight-room # there until the boot that makes the room
begin='# LiftLight: begin'
end='# LiftLight: end'

# From the system, so that picamera2 and the libraries it was built against stay together. A number
# is the oldest version that will do, where an older one may be installed.
packages=(
    python3-venv python3-numpy python3-opencv python3-jinja2
    python3-picamera2=0.3.21 python3-gpiozero=2.0.1 python3-lgpio python3-periphery
    overlayroot busybox e2fsprogs mtools
)
units=(
    liftlight.service liftlight-no-data.service liftlight-power-off.path
    liftlight-maintenance.service liftlight-gadget.timer
)

# Files that close a way in at the next start. They are written last and removed first, so that the
# machine can still be reached if the installation is cut off.
closing='^/etc/(overlayroot\.local\.conf|udev/rules\.d/91-liftlight-usb\.rules|systemd/system/.*\.d/.*)$'

mode=install
dry=
image=
changed=

# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$here/checks.sh"

main() {
    while [ $# -gt 0 ]; do
        case $1 in
            --dry-run) dry=yes ;;
            --make-room) mode=make_room ;;
            --image) image=yes ;;
            --uninstall) mode=uninstall ;;
            -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0" && exit 0 ;;
            *) refuse 2 "there is no option $1. \`install.sh --help\` shows what there is." ;;
        esac
        shift
    done
    # Also to look: blkid sees no label of a disk that it may not read.
    [ -n "$files_only" ] || [ "$(id -u)" = 0 ] ||
        refuse 2 "this needs root, also with --dry-run: put sudo before it."
    "do_$mode"
}

do_install() {
    local system
    system=$(release)
    check_config
    [ -n "$files_only$image" ] || check_machine
    install_packages
    install_python "$system"
    while read -r file; do put "$file"; done < <(files | grep -Ev "$closing")
    take_away_room
    make_user
    prepare_data
    if [ -n "$changed" ] || [ ! -e "$root$active" ]; then
        activate
    fi
    while read -r file; do put "$file"; done < <(files | grep -E "$closing")
    include_boot_fragment
    if [ -z "$changed" ] && [ -e "$root$active" ]; then
        echo "Nothing to do: LiftLight is installed."
        return
    fi
    [ -z "$dry" ] || return 0
    install -D -m 644 /dev/null "$root$active"
    bring_to_card
    echo "
Done. Switch off and on again: LiftLight starts by itself. If the panel is not wired yet
(firmware_config/wiring.svg), wire it while the power is off.
From then on this machine has no network and keeps no change outside /data. To open it for
maintenance: rename overlayroot.off to overlayroot.conf on the card's boot partition."
}

# Root cannot shrink while it is mounted, so it is done by the initramfs of the next boot.
do_make_room() {
    release >/dev/null
    check_config
    [ -n "$files_only" ] || check_disk
    if [ -n "$partition" ]; then
        echo "Nothing to do: there is a partition labelled LIFTLIGHT."
        return
    fi
    grep -qs '^auto_initramfs=1' "$root$config" ||
        refuse 1 "$config starts no initramfs: add the line auto_initramfs=1 to it."
    local name
    for name in hook script; do
        put_room "$name"
    done
    if [ -n "$changed" ] || [ ! -e "$root$room_ready" ]; then
        run update-initramfs -u -k all
        [ -n "$dry$files_only" ] || touch "$root$room_ready"
    fi
    bring_to_card
    [ -n "$dry" ] || echo "
Restart: before the system is there, its partition is made 512 MB smaller, and a new one labelled
LIFTLIGHT behind it. Do not pull the plug meanwhile; it may take some minutes. Then: sudo $0"
}

do_uninstall() {
    [ -n "$files_only" ] || refuse_on_overlay
    exclude_boot_fragment
    while read -r file; do take_away "$file"; done < <(files | grep -E "$closing")
    if [ -e "$root/etc/systemd/system/${units[0]}" ]; then
        run systemctl disable --now "${units[@]}"
        run systemctl stop liftlight-panel-off.service
    fi
    while read -r file; do take_away "$file"; done < <(files | sort -r)
    take_away_room
    take_away "$command"
    if [ -e "$root$venv" ]; then
        act "remove $venv" rm -rf "$root$venv"
    fi
    if [ -z "$changed" ]; then
        echo "Nothing to do: LiftLight is not installed."
        return
    fi
    reload
    run update-initramfs -u -k all
    bring_to_card
    echo "The packages, the user liftlight and everything on the data partition stay."
}

install_packages() {
    [ -z "$files_only" ] || return 0
    local missing=() package name oldest there
    for package in "${packages[@]}"; do
        IFS='=' read -r name oldest <<<"$package"
        there=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$name" 2>/dev/null || true)
        if [ "${there% *}" != installed ] || dpkg --compare-versions "${there#* }" lt "${oldest:-0}"; then
            missing+=("$name")
        fi
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    run apt-get update
    run env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        "${missing[@]}"
}

# Make an environment that sees the system's packages, with the locked ones and LiftLight added.
install_python() {
    [ -z "$files_only" ] || return 0
    local system=$1 stamp=$venv/.installed now
    now=$(fingerprint)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && is_whole; then
        return
    fi
    if [ -n "$dry" ]; then
        echo "would make $venv: LiftLight and requirements-$system.lock"
        changed=yes
        return
    fi
    echo "making $venv ..."
    local build
    build=$(mktemp -d)
    # Use Debian's own pip. A copy of it in each environment would serve nobody, and would take a
    # minute each on a small Pi.
    python3 -m zipfile -e /usr/share/python-wheels/pip-*.whl "$build/pip"
    local pip=(env "PYTHONPATH=$build/pip" PIP_DISABLE_PIP_VERSION_CHECK=1
        PIP_ROOT_USER_ACTION=ignore)
    python3 -m venv --without-pip "$build/venv"
    "${pip[@]}" "$build/venv/bin/python3" -m pip install --quiet --require-hashes \
        --only-binary :all: --requirement "$here/requirements-build.lock"
    "${pip[@]}" "$build/venv/bin/python3" -m pip wheel --quiet --no-deps --no-build-isolation \
        --wheel-dir "$build/wheel" "$checkout"
    "${pip[@]}" "$build/venv/bin/python3" -m pip download --quiet --no-deps --require-hashes \
        --only-binary :all: --dest "$build/locked" --requirement "$here/requirements-$system.lock"
    # Only now, and without the network from here on: if it fails before, what was there still runs.
    rm -rf "$venv"
    python3 -m venv --without-pip --system-site-packages "$venv"
    "${pip[@]}" "$venv/bin/python3" -m pip install --quiet --no-deps --require-hashes --no-index \
        --find-links "$build/locked" --requirement "$here/requirements-$system.lock"
    "${pip[@]}" "$venv/bin/python3" -m pip install --quiet --no-deps --no-index \
        "$build"/wheel/liftlight-*.whl
    ln -sfn "$venv/bin/liftlight" "$command"
    (cd "$venv" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$build/sums"
    mv "$build/sums" "$venv/.sums"
    rm -rf "$build"
    echo "$now" >"$stamp"
    changed=yes
}

# Print one hash of what is installed: of all files that the wheel is made of, and Python's version.
fingerprint() {
    (
        cd "$checkout"
        find device models pyproject.toml firmware_config/requirements-*.lock -type f \
            ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum
        python3 --version
    ) | sha256sum | cut -d ' ' -f 1
}

# Whether every file is as it was installed: a card that fails may have damaged one.
is_whole() {
    (cd "$venv" && sha256sum --check --status .sums 2>/dev/null)
}

files() {
    (cd "$here/files" && find . -type f | sed 's/^\.//' | sort)
}

put() {
    cmp -s "$here/files$1" "$root$1" ||
        { [ "$1" = /boot/firmware/overlayroot.off ] && [ -e "$root/boot/firmware/overlayroot.conf" ]; } ||
        act "write $1" install -D -m 644 "$here/files$1" "$root$1"
}

take_away() {
    [ -e "$root$1" ] || [ -L "$root$1" ] || return 0
    act "remove $1" rm "$root$1"
    [ -n "$dry" ] || rmdir --ignore-fail-on-non-empty "$(dirname "$root$1")"
}

room_file() {
    case $1 in
        hook) echo /etc/initramfs-tools/hooks/liftlight-room ;;
        script) echo /etc/initramfs-tools/scripts/local-premount/liftlight-room ;;
    esac
}

put_room() {
    local place
    place=$(room_file "$1")
    cmp -s "$here/make_room/$1" "$root$place" ||
        act "write $place" install -D -m 755 "$here/make_room/$1" "$root$place"
}

# The folders are initramfs-tools' own, and stay.
take_away_room() {
    local name place
    for name in hook script; do
        place=$(room_file "$name")
        [ ! -e "$root$place" ] || act "remove $place" rm "$root$place"
    done
}

include_boot_fragment() {
    grep -qxF "$begin" "$root$config" ||
        act "include liftlight.txt in $config" append_to_config
}

append_to_config() {
    {
        cat "$root$config"
        [ -z "$(tail -c 1 "$root$config")" ] || echo
        printf '%s\n[all]\ninclude liftlight.txt\n%s\n' "$begin" "$end"
    } >"$root$config.new"
    mv "$root$config.new" "$root$config"
}

exclude_boot_fragment() {
    [ -f "$root$config" ] || return 0
    if grep -qxF "$begin" "$root$config"; then
        act "take liftlight.txt out of $config" sed -i "/^$begin\$/,/^$end\$/d" "$root$config"
    fi
}

make_user() {
    [ -z "$files_only" ] || return 0
    id liftlight >/dev/null 2>&1 || run systemd-sysusers liftlight.conf
}

# The folder exists only on the partition, so an empty /data is not mistaken for it.
prepare_data() {
    [ -z "$files_only" ] || return 0
    if [ ! -d "$root/data" ]; then
        act "make /data" install -d -m 555 "$root/data"
    fi
    # The image's data partition is made from this folder afterwards.
    [ -n "$dry$image" ] || mount_data
    if [ ! -d "$root/data/liftlight" ]; then
        act "make /data/liftlight on the data partition" \
            install -d -m 700 -o liftlight -g liftlight "$root/data/liftlight"
    fi
}

mount_data() {
    ! mountpoint -q "$root/data" || return 0
    udevadm control --reload
    udevadm trigger --settle --name-match="$partition"
    systemctl daemon-reload
    systemctl start data.mount || true
    mountpoint -q "$root/data" ||
        refuse 1 "/data did not mount: see \`systemctl status data.mount\`."
}

activate() {
    reload
    run systemctl enable --quiet "${units[@]}"
    run update-initramfs -u -k all
}

# Whoever reads the last line may pull the plug, and what is on no disk yet would be lost.
bring_to_card() {
    [ -n "$dry$files_only" ] || sync
}

# In a chroot, where an image is made, systemd does not run.
reload() {
    [ ! -d "$root/run/systemd/system" ] || run systemctl daemon-reload
}

# Do something that changes the machine, or with --dry-run say what it would do.
act() {
    changed=yes
    if [ -n "$dry" ]; then
        echo "would $1"
    else
        echo "$1"
        rm -f "$root$active" "$root$room_ready"
        "${@:2}"
    fi
}

# The same for a command that speaks for itself; never with ROOT, which is for files only.
run() {
    if [ -z "$files_only" ]; then
        act "run: $*" "$@"
    fi
}

refuse() {
    echo "install.sh: $2" >&2
    exit "$1"
}

# A test sources this file, and calls its functions itself.
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
