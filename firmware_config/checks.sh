# shellcheck shell=bash disable=SC2154
# Checks what a machine must be before install.sh, which sources this file, changes anything on it.
# Each refusal names the cure.
free_mb=1500
partition= # the data partition, once find_data_partition found it
on_usb=    # a partition with its label that is on USB

release() {
    local name
    name=$(sed -n 's/^VERSION_CODENAME=//p' "$root/etc/os-release" 2>/dev/null || true)
    [ -f "$here/requirements-$name.lock" ] ||
        refuse 1 "this is ${name:-an unknown system}: use Raspberry Pi OS Bookworm or Trixie."
    echo "$name"
}

check_config() {
    [ -f "$root$config" ] ||
        refuse 1 "there is no $config: use Raspberry Pi OS Bookworm or Trixie, not an upgrade to it."
}

check_machine() {
    check_board
    find_data_partition
    if [ -z "$partition" ]; then
        [ -z "$on_usb" ] || refuse 1 "$on_usb is labelled LIFTLIGHT but is on USB, where a label \
could be anybody's: use a card or an NVMe disk."
        refuse 1 "no ext4 partition is labelled LIFTLIGHT$(why_no_room). \
LiftLight keeps its journal there and writes nowhere else. On a new card: sudo $0 --make-room. \
Otherwise see \"A place for the data\" in $here/README.md."
    fi
    local free
    free=$(df --output=avail -BM "$root/" | tail -n 1 | tr -dc 0-9)
    [ "$free" -ge "$free_mb" ] || [ -x "$root$venv/bin/liftlight" ] ||
        refuse 1 "only $free MB are free on /, $free_mb are needed: use a larger root partition."
}

# Whether room can be made on the disk that root is on.
check_disk() {
    check_board
    find_data_partition
    [ -n "$partition" ] || [ -z "$on_usb" ] ||
        refuse 1 "$on_usb, on USB, is labelled LIFTLIGHT already: take it out, and again."
    ! is_on_usb "$(findmnt -n -o SOURCE /)" ||
        refuse 1 "this system is on USB, where LiftLight keeps no data: use a card or an NVMe disk."
}

check_board() {
    if [ "$(uname -m)" != aarch64 ] || [ "$(getconf LONG_BIT)" != 64 ]; then
        refuse 1 "this is no 64-bit ARM system: install Raspberry Pi OS Lite (64-bit)."
    fi
    refuse_on_overlay
    blkid -L bootfs >/dev/null ||
        refuse 1 "no partition is labelled bootfs: use Raspberry Pi OS, flashed by its Imager."
}

refuse_on_overlay() {
    [ "$(findmnt -n -o FSTYPE /)" != overlay ] || refuse 1 "root is read-only, so nothing done now \
would stay. Open a maintenance boot: rename overlayroot.off to overlayroot.conf on the boot partition."
}

# Print what the boot that should have made room said, if it made none.
why_no_room() {
    sed -n 's/^liftlight: \(.*\)/ (\1)/p' "$root/run/initramfs/liftlight-room.log" 2>/dev/null || true
}

# Set $partition and $on_usb by the same rules as 90-liftlight.rules.
find_data_partition() {
    local device found=()
    for device in $(blkid -t LABEL=LIFTLIGHT -o device); do
        [ "$(blkid -s TYPE -o value "$device")" = ext4 ] || continue
        if is_on_usb "$device"; then
            on_usb=$device
        else
            found+=("$device")
        fi
    done
    [ ${#found[@]} -lt 2 ] || refuse 1 "${found[*]} are all labelled LIFTLIGHT, and each start might \
take another of them. Name all but the right one anew, such as: sudo e2label ${found[1]} OLD"
    partition=${found[0]:-}
}

is_on_usb() {
    [[ $(udevadm info --attribute-walk --name "$1") == *'SUBSYSTEMS=="usb"'* ]]
}
