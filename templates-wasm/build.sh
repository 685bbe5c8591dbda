#!/bin/sh
# Builds every template into dist/<name>.wasm and dist/SHA256SUMS; --check compares a fresh build with dist/.
# It never needs the network: crates come from the lock file, the standard library from the chosen toolchain.
#
#   templates-wasm/build.sh            build all templates
#   templates-wasm/build.sh NAME...    build these, and leave the others as they are
#   templates-wasm/build.sh --check    rebuild into a temporary folder and compare
#
# Bytes depend on the compiler alone: folder names are remapped, so another checkout gives the same file.
# KU8_TEMPLATE_TOOLCHAIN=rustup|debian chooses a toolchain instead of the first that works.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
target_dir=${KU8_TEMPLATE_TARGET:-$here/target}
triple=wasm32-unknown-unknown
dist=$here/dist

say() { printf 'build.sh: %s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# The templates are the folders with a crate named template-<folder>.
templates() {
    for folder in "$here"/*/; do
        name=$(basename -- "$folder")
        [ -f "$folder/Cargo.toml" ] || continue
        # A stub without an exported template has nothing to build yet.
        grep -rqs 'export_template!' "$folder/src" || { say "skipping $name: exports no template yet"; continue; }
        printf '%s\n' "$name"
    done
}

# A toolchain that carries the wasm32 standard library needs nothing more.
use_rustup() {
    sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
    [ -d "$sysroot/lib/rustlib/$triple/lib" ] || return 1
    compiler=rustc
    std_source=$sysroot/lib/rustlib/src/rust
}

# Debian builds the standard library from source, with the linker of whatever toolchain has one.
use_debian() {
    [ -x /usr/bin/rustc ] || return 1
    sysroot=$(/usr/bin/rustc --print sysroot)
    std_source=$sysroot/lib/rustlib/src/rust
    [ -f "$std_source/library/std/Cargo.toml" ] || return 1
    linker=$(find_linker) || return 1
    compiler=/usr/bin/rustc
    RUSTC=/usr/bin/rustc
    RUSTC_BOOTSTRAP=1
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
    export RUSTC RUSTC_BOOTSTRAP CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
    # A rustup toolchain's library is built for speed; built here, it is built for size.
    build_std='-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size'
}

find_linker() {
    for candidate in "$(rustc --print sysroot 2>/dev/null || true)" "$(/usr/bin/rustc --print sysroot)"; do
        for linker in "$candidate"/lib/rustlib/*/bin/rust-lld; do
            [ ! -x "$linker" ] || { printf '%s\n' "$linker"; return 0; }
        done
    done
    command -v rust-lld || command -v wasm-ld
}

choose_toolchain() {
    build_std=''
    case ${KU8_TEMPLATE_TOOLCHAIN:-any} in
        rustup) use_rustup || fail "the toolchain has no $triple: rustup target add $triple" ;;
        debian) use_debian || fail "install Debian's rustc, rust-src (or rust-web-src) and lld" ;;
        *)
            use_rustup || use_debian || fail "no compiler for $triple. Either of these will do:
    rustup target add $triple
    apt-get install rustc-web rust-web-src lld"
            ;;
    esac
    say "$($compiler --version)"
}

# Every folder that could reach the bytes; where one contains another the last match wins.
remap() {
    cargo_home=${CARGO_HOME:-$HOME/.cargo}
    source=$(CDPATH='' cd -P -- "$std_source" 2>/dev/null && pwd || printf '%s' "$std_source")
    printf '%s\n' "--remap-path-prefix=$root=/ku8" "--remap-path-prefix=$target_dir=/target" \
        "--remap-path-prefix=$cargo_home=/cargo" "--remap-path-prefix=$std_source=/rust" \
        "--remap-path-prefix=$source=/rust"
    for registry in "$cargo_home"/registry/src/*/; do
        [ ! -d "$registry" ] || printf '%s\n' "--remap-path-prefix=${registry%/}=/crates"
    done
}

# Builds one template into the folder $2.
build() {
    say "building $1"
    # shellcheck disable=SC2086 # build_std is some flags or nothing
    (cd "$root" && cargo rustc --quiet --locked $offline $build_std --target "$triple" --target-dir "$target_dir" \
        --profile template -p "template-$1" --lib --crate-type cdylib)
    module=$target_dir/$triple/template/template_$1.wasm
    if [ -n "$optimiser" ]; then
        # With names, which the packer shortens afterwards.
        "$optimiser" -Oz -g --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
            --enable-nontrapping-float-to-int --enable-multivalue --enable-reference-types \
            "$module" -o "$module.small"
        module=$module.small
    fi
    "$packer" "$module" "$2/$1.wasm"
}

# Binaryen makes code a sixth smaller; which version did is part of what the bytes depend on.
choose_optimiser() {
    optimiser=$(command -v wasm-opt) || { optimiser=''; say "no wasm-opt (apt-get install binaryen): larger components"; }
}

# What bytes depend on, beside the sources.
tools() {
    $compiler --version
    if [ -n "$optimiser" ]; then "$optimiser" --version; else echo 'no wasm-opt'; fi
}

# build_all FOLDER [NAME...]: all of them where none is named.
build_all() {
    folder=$1
    shift
    mkdir -p "$folder"
    # shellcheck disable=SC2046 # names of folders here hold no spaces
    [ $# -gt 0 ] || set -- $(templates)
    for name; do
        build "$name" "$folder"
    done
    (cd "$folder" && LC_ALL=C sha256sum -- *.wasm > SHA256SUMS)
    tools > "$folder/COMPILER"
}

# The packer runs on this machine: it is built by the workspace's own compiler, before RUSTC is overridden.
build_packer() {
    (cd "$root" && cargo build --quiet --locked $offline -p template-pack)
    packer=${CARGO_TARGET_DIR:-$root/target}/debug/template-pack
}

check() {
    [ -f "$dist/SHA256SUMS" ] || fail "dist/ is missing: run build.sh without --check"
    (cd "$dist" && sha256sum --quiet --check SHA256SUMS) || fail "dist/ does not match its SHA256SUMS"
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    build_all "$fresh"
    if ! cmp -s "$dist/COMPILER" "$fresh/COMPILER"; then
        say "dist/ was built by: $(tr '\n' ',' < "$dist/COMPILER")"
        echo "bytes not compared: other compiler"
        return 0
    fi
    diff "$dist/SHA256SUMS" "$fresh/SHA256SUMS" >&2 || fail "dist/ is not what the sources build: run build.sh"
    echo "dist/ is what the sources build"
}

offline='--offline'
cargo metadata --locked --offline --format-version 1 --manifest-path "$root/Cargo.toml" >/dev/null 2>&1 || offline=''
build_packer
choose_toolchain
choose_optimiser
RUSTFLAGS=$(remap | tr '\n' ' ')
export RUSTFLAGS
case ${1:-} in
    # Not joined by &&, which would go on after a failed build with the module of an earlier one.
    '')
        build_all "$dist"
        say "wrote $dist"
        ;;
    --check) check ;;
    -*) fail "usage: build.sh [--check | NAME...]" ;;
    *)
        for name; do
            [ -f "$here/$name/Cargo.toml" ] || fail "there is no template $name; choose from: $(templates | tr '\n' ' ')"
        done
        build_all "$dist" "$@"
        ;;
esac
