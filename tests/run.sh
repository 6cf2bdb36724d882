#!/usr/bin/env bash
# Everything that must hold before a change is taken: formatting, lints, documentation, all tests.
#
#   bash tests/run.sh            from anywhere
#
# Needs git, a C compiler, the Rust toolchain and, for the tests with card readers, pcscd with virtual readers,
# OpenSC, openssl, Python 3 and sshd, for those with a full disk mkfs.ext4, mount and unshare (loop devices and root, or
# they take a tmpfs), and for those of the archive PostgreSQL and rsyslog (Debian starts both as services
# when it installs them; the tests start their own beside them). What is missing is installed with apt-get where that is possible without a question;
# the programs under test are built by cargo itself. The tests start pcscd and end it: none may run already, and
# only root may start one.
#
# Environment:
#   CARGO_TARGET_DIR   where to build (cargo's own; default target/)
#   KYUKYU_OFFLINE=1   take no crate from the network: those at hand must do
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

export CARGO_TERM_COLOR=never LC_ALL=C.UTF-8
[ -z "${KYUKYU_OFFLINE:-}" ] || export CARGO_NET_OFFLINE=true

fail() {
    printf '\n失敗: %s\n' "$1" >&2
    exit 1
}

# Runs one step; its output is shown as it comes, then how long it took.
step() {
    local title=$1 advice=$2 begun=$SECONDS
    shift 2
    printf '\n== %s\n' "$title"
    "$@" || fail "$title: $advice"
    printf '   完了 %s（%d秒）\n' "$title" $((SECONDS - begun))
}

# Installs Debian packages, or says in one sentence what to do.
install() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        fail "次のものを入れてから、もう一度実行してください: $*"
    elif [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "管理者権限がないため入れられません。「apt-get install $*」を実行してもらってから、もう一度実行してください"
        as_root=(sudo -n)
    fi
    printf '== 不足しているものを入れます: %s\n' "$*"
    { "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } ||
        fail "apt-get で $* を入れられませんでした。上の表示を確かめてください"
}

toolchain() {
    # shellcheck source=/dev/null
    if [ -f "${HOME:-}/.cargo/env" ]; then . "$HOME/.cargo/env"; fi
    command -v cargo >/dev/null ||
        fail 'Rust がありません。https://rustup.rs の手順で Rust 1.95 以降を入れてから、もう一度実行してください'
    local part
    for part in fmt clippy; do
        if cargo "$part" --version >/dev/null 2>&1; then continue; fi
        if [ "$part" = fmt ]; then part=rustfmt; fi
        rustup component add "$part" ||
            fail "Rust の $part がありません。「rustup component add $part」を実行してから、もう一度実行してください"
    done
}

# Sums cargo's lines `test result: ok. 3 passed; 0 failed; 0 ignored; …`, one a test program. A program that
# died has no such line: then there is nothing to sum that would be true.
sum() {
    awk '/^test result: / { passed += $4; failed += $6; ignored += $8; ended++ }
         /^ +Running |^ +Doc-tests / { begun++ }
         END { if (ended == 0 || ended != begun) exit
               if (ignored) printf "（ほかに単独では実行しない試験 %d）\n", ignored
               printf "%d passed, %d failed", passed, failed }' "$1"
}

# The program as it is used, not as it is tested: it is built, does the main job once, and may not grow without anybody
# noticing. The budget was 8 MB when it had only the main job; all of it takes 10.8.
release() {
    local program=${CARGO_TARGET_DIR:-target}/release/kyukyu size
    cargo build --release || return
    size=$(stat -c %s -- "$program") || return
    printf '   大きさ %s バイト（上限 %s）\n' "$size" "$LARGEST"
    [ "$size" -le "$LARGEST" ] || return
    timeout 120 "$program" demo --script
}
LARGEST=11000000

# Runs every test, also after one has failed; leaves the sum in SUM.
run_tests() {
    local report status=0
    report=$(mktemp)
    cargo test --all-features --no-fail-fast 2>&1 | tee "$report" || status=$?
    SUM=$(sum "$report")
    rm -f -- "$report"
    return "$status"
}

# The packages of what is not there.
begun=$SECONDS
missing=()
PATH=$PATH:/usr/sbin:/sbin
have() { command -v "$1" >/dev/null; }
have cc || missing+=(gcc libc6-dev)
have pkg-config || missing+=(pkg-config)
[ -e /usr/include/PCSC/winscard.h ] || missing+=(libpcsclite-dev)
have pcscd || missing+=(pcscd)
[ -e /etc/reader.conf.d/vpcd ] || missing+=(vsmartcard-vpcd)
{ have opensc-tool && have pkcs11-tool; } || missing+=(opensc)
have openssl || missing+=(openssl)
have ssh || missing+=(openssh-client)
have sshd || missing+=(openssh-server)
# The full disks of tests/record: a file system in a file, mounted in a namespace of its own.
have mkfs.ext4 || missing+=(e2fsprogs)
{ have unshare && have mount; } || missing+=(util-linux mount)
have xmllint || missing+=(libxml2-utils)
{ python3 -c 'import jsonschema' || /usr/bin/python3 -c 'import jsonschema'; } 2>/dev/null || missing+=(python3 python3-jsonschema)
# Servers for tests/archive, started by the tests themselves; the system's own services stay as they are.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[ -x /usr/sbin/rsyslogd ] || missing+=(rsyslog)
compgen -G '/usr/lib/*/rsyslog/imrelp.so' >/dev/null || missing+=(rsyslog-relp)
compgen -G '/usr/lib/*/rsyslog/lmnsd_ossl.so' >/dev/null || missing+=(rsyslog-openssl)
[ "${#missing[@]}" -eq 0 ] || install "${missing[@]}"
toolchain

SUM=
step '書式 (cargo fmt)' '「cargo fmt」を実行してください' cargo fmt --check
step '静的検査 (cargo clippy)' '上の警告をなくしてください' \
    cargo clippy --all-targets --all-features -- -D warnings
RUSTDOCFLAGS=-Dwarnings step '文書 (cargo doc)' '上の警告をなくしてください' \
    cargo doc --no-deps --all-features
if cargo deny --version >/dev/null 2>&1; then
    step '依存 (cargo deny)' '上の依存を deny.toml の規則に合わせてください' \
        cargo deny --all-features check bans licenses sources
else
    printf '\n== 依存 (cargo deny)\n   cargo-deny が入っていないため省きます\n'
fi

step '製品版 (cargo build --release、demo --script)' \
    '上の誤りを直してください。上限を超えたときは、何が増えたかを確かめてください' release

printf '\n== 試験 (cargo test)\n'
tests_begun=$SECONDS
if ! run_tests; then
    fail "試験: 上で FAILED とあるもの、またはビルドの誤りを直してください${SUM:+
$SUM}"
fi
printf '   完了 試験（%d秒）\n' $((SECONDS - tests_begun))
[ -n "$SUM" ] || fail '試験の結果を数えられませんでした。上の表示を確かめてください'

printf '\nすべて完了（%d秒）\n%s\n' $((SECONDS - begun)) "$SUM"
