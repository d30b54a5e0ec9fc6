#!/bin/sh
# Compiles guest crates to WebAssembly modules, ready for `forbear rules push`.
#
#   scripts/build-rules.sh              every guest of this repository -> target/rules/<name>.wasm
#   scripts/build-rules.sh PATH…        these crates; one outside of this workspace goes to its own target/rules/
#
# A module is named after its crate, without `forbear-rules-` in front. Nothing is written that did not change.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd -P)
toolchain=$("$here/scripts/guest-toolchain.sh")
eval "$toolchain"

TARGET=wasm32-unknown-unknown
cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(${RUSTC:-rustc} --print sysroot)

# Panic messages name files. Without this machine's paths in them, the same source makes the same module anywhere.
build() { # root of the workspace, arguments for cargo…
    root=$1
    shift
    # Arguments parted by the unit separator, since paths may hold spaces.
    flags=$(printf '%s\037' -Clink-arg=-zstack-size=65536 \
        "--remap-path-prefix=$root=." "--remap-path-prefix=$here=forbear" \
        "--remap-path-prefix=$cargo_home/registry/src=crates" "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=rust")
    # shellcheck disable=SC2086 # the toolchain's arguments are a list
    CARGO_ENCODED_RUSTFLAGS=${flags%?} CARGO_TARGET_DIR="$root/target/guest" \
        "$GUEST_CARGO" build $GUEST_CARGO_ARGS --target "$TARGET" "$@"
}

# The value of one key of a crate's [package] or [lib] that this script needs: its name.
crate_name() {
    sed -n '/^\[package\]/,/^\[/ s/^name *= *"\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1
}

publish() { # folder of the built modules, folder for the named ones, crate
    from="$1/$(printf %s "$3" | tr - _).wasm"
    to="$2/${3#forbear-rules-}.wasm"
    if [ ! -f "$from" ]; then
        echo "$3: made no module; its Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]" >&2
        return 1
    fi
    if cmp -s "$from" "$to"; then return; fi
    mkdir -p "$2"
    cp "$from" "$to.$$"
    mv "$to.$$" "$to"
    printf '%s  %s bytes\n' "$to" "$(wc -c <"$to" | tr -d ' ')"
}

if [ $# -eq 0 ]; then
    set -- "$here/rules/"*/ "$here/examples/rules/"*/ "$here/tests/guests/"*/
fi

inside=""
for crate in "$@"; do
    if [ ! -f "$crate/Cargo.toml" ]; then
        echo "$crate: no Cargo.toml here" >&2
        exit 2
    fi
    crate=$(cd "$crate" && pwd -P)
    name=$(crate_name "$crate")
    case $crate in
    "$here"/*) inside="$inside $name" ;;
    *)
        (cd "$crate" && build "$crate" --release)
        publish "$crate/target/guest/$TARGET/release" "$crate/target/rules" "$name"
        ;;
    esac
done
if [ -n "$inside" ]; then
    packages=""
    for name in $inside; do packages="$packages -p $name"; done
    # shellcheck disable=SC2086 # a list of packages
    (cd "$here" && build "$here" --locked --profile guest $packages)
    for name in $inside; do publish "$here/target/guest/$TARGET/guest" "$here/target/rules" "$name"; done
fi
