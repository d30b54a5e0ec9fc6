#!/bin/sh
# Finds, or makes, a way to compile Rust to wasm32-unknown-unknown on this machine, and prints it as shell assignments:
#
#   eval "$(scripts/guest-toolchain.sh)"
#   $GUEST_CARGO build $GUEST_CARGO_ARGS --target wasm32-unknown-unknown …
#
# Three ways, in this order: the target is there; rustup can add it; Debian's own Rust packages can build it.
# Quiet when there is nothing to do. What it does and what is missing goes to standard error.
# GUEST_TOOLCHAIN=rustup or =debian tries only that one.
set -eu

TARGET=wasm32-unknown-unknown
DEBIAN_PACKAGES="rustc-web cargo-web rust-web-src"

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Assignments are quoted, because paths may hold spaces.
quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
assign() { printf '%s=%s; export %s\n' "$1" "$(quote "$2")" "$1"; }

target_is_there() {
    have rustc && have cargo && [ -d "$(rustc --print target-libdir --target $TARGET 2>/dev/null)" ]
}

print_plain() {
    assign GUEST_CARGO cargo
    assign GUEST_CARGO_ARGS ""
}

# Debian's compiler has no library for the target, but the library's source: cargo builds it along.
debian_is_there() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] &&
        [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ] && wasm_linker >/dev/null
}

# A linker for WebAssembly: the one beside a rustup compiler, or lld of the system.
wasm_linker() {
    if have rustc; then
        host=$(rustc -vV | sed -n 's/^host: //p')
        linker="$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld"
        if [ -x "$linker" ]; then printf %s "$linker"; return; fi
    fi
    for linker in rust-lld wasm-ld; do
        if have $linker && $linker --version >/dev/null 2>&1; then command -v $linker; return; fi
    done
    # Debian calls it by version; the newest knows the most.
    linker=$(ls /usr/bin/wasm-ld-* 2>/dev/null | sort -V | tail -n 1)
    [ -n "$linker" ] && printf %s "$linker"
}

print_debian() {
    assign RUSTC /usr/bin/rustc
    # Building the library along is a nightly option of cargo.
    assign RUSTC_BOOTSTRAP 1
    assign CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER "$(wasm_linker)"
    assign GUEST_CARGO /usr/bin/cargo
    assign GUEST_CARGO_ARGS "-Z build-std=std,panic_abort"
}

# Never at the price of a package that is there: these conflict with Debian's own rustc and rustup packages.
apt_install() {
    say "guests: installing $* with apt …"
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# The lld that fits the compiler's LLVM, needed only where no rustup compiler brings one.
debian_lld() {
    llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    if apt-cache show "lld-$llvm" >/dev/null 2>&1; then printf 'lld-%s' "$llvm"; else printf lld; fi
}

case ${GUEST_TOOLCHAIN:=any} in
any | rustup | debian) ;;
*)
    say "guests: GUEST_TOOLCHAIN is rustup or debian, not $GUEST_TOOLCHAIN"
    exit 2
    ;;
esac
may() { [ "$GUEST_TOOLCHAIN" = any ] || [ "$GUEST_TOOLCHAIN" = "$1" ]; }

if may rustup && target_is_there; then
    print_plain
    exit
fi
# What is installed already needs no network, so it comes before a download.
if may debian && debian_is_there; then
    print_debian
    exit
fi
if may rustup && have rustup; then
    say "guests: rustup target add $TARGET …"
    if rustup target add $TARGET >/dev/null 2>&1 && target_is_there; then
        print_plain
        exit
    fi
fi
if may debian && have apt-get && [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086 # a list of packages
    if apt_install $DEBIAN_PACKAGES && { wasm_linker >/dev/null || apt_install "$(debian_lld)"; } && debian_is_there; then
        print_debian
        exit
    fi
fi

say "guests: this machine cannot compile Rust to $TARGET yet. Any one of these helps:"
if have rustup; then
    say "  rustup target add $TARGET          (could not download; is the network there?)"
else
    say "  install rustup from https://rustup.rs, then: rustup target add $TARGET"
fi
if have apt-get; then
    say "  as root: apt-get install $DEBIAN_PACKAGES, and lld unless rustup's Rust is installed"
else
    say "  your system's package for Rust's $TARGET library (Fedora: rust-std-static-$TARGET, Alpine: rust-wasm)"
fi
exit 1
