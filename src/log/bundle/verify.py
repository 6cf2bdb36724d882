#!/usr/bin/env python3
"""kyukyu の操作ログの書き出しを、Python の標準機能だけで検証します（署名の確認には openssl を使います）。

連鎖:  h_i = SHA-256("kyukyu-log-v1\\0" | store_id[16] | seq[8] | h_(i-1)[32] | len[8] | body)
要約:  RFC 9162 の木。葉は連鎖ハッシュ
署名:  C2SP signed note（Ed25519）
"""
import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

ALPHABET = "23456789ACEFHJKMNPRTWXY"
DER = bytes.fromhex("302a300506032b6570032100")
HERE = os.path.dirname(os.path.abspath(__file__))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Frontier:
    """The roots of the perfect subtrees, largest first (RFC 9162, section 2.1)."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, leaf):
        node, full = sha(b"\0", leaf), self.size
        while full & 1:
            node, full = sha(b"\1", self.peaks.pop(), node), full >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha(b"")
        root = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            root = sha(b"\1", left, root)
        return root


class Key:
    """<name>+<hash>+<base64(0x01 | public key)>"""

    def __init__(self, text):
        self.name, digest, material = text.strip().split("+", 2)
        material = base64.b64decode(material, validate=True)
        self.public, self.hash = material[1:], sha(self.name.encode(), b"\n", material)[:4]
        if material[0] != 1 or len(self.public) != 32 or self.hash.hex() != digest:
            raise ValueError("検証鍵の形が正しくありません")

    def signed(self, text, lines):
        """True, False, or None where openssl is missing."""
        for line in lines:
            name, signature = line[2:].split(" ", 1)
            signature = base64.b64decode(signature, validate=True)
            if name == self.name and signature[:4] == self.hash:
                return openssl(self.public, text.encode(), signature[4:])
        return False


def openssl(public, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("key.der", "text", "signature")]
        for name, content in zip(names, (DER + public, text, signature)):
            with open(name, "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0],
                   "-rawin", "-in", names[1], "-sigfile", names[2]]
        try:
            return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        except FileNotFoundError:
            return None


def notes(lines):
    """(origin, size, root, text, lines of signature) of each signed note."""
    text, signatures = [], []

    def note():
        body = text[:-1] if text and text[-1] == "" else text
        origin, size, root = body
        return origin, int(size), base64.b64decode(root, validate=True), "\n".join(body) + "\n", list(signatures)

    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("\u2014 "):
            signatures.append(line)
        elif signatures and line == "":
            yield note()
            text, signatures = [], []
        elif line or text:
            text.append(line)
    if text or signatures:
        yield note()


def in_base(digest, count):
    number, digits = int.from_bytes(digest[:16], "big"), []
    for _ in range(count):
        number, digit = divmod(number, 23)
        digits.append(digit)
    return digits[::-1]


def code(store, size, root):
    """The short code; see docs/log.md."""
    signs = in_base(sha(b"kyukyu-code-store-v1\0", store), 3)
    signs += in_base(sha(b"kyukyu-code-v1\0", store, size.to_bytes(8, "big"), root), 20)

    def weighted(values):
        return sum(value * (place % 22 + 1) for place, value in enumerate(values))

    signs.append((weighted([int(digit) for digit in reversed(str(size))]) + weighted(signs[::-1])) % 23)
    text = "".join(ALPHABET[sign] for sign in signs)
    return str(size) + "".join("-" + text[at:at + 4] for at in range(0, 24, 4))


def plain(typed):
    half = "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in typed)
    return "".join(c for c in half.upper() if c.isalnum())


class Faults:
    def __init__(self):
        self.count = 0

    def say(self, words):
        self.count += 1
        if self.count <= 20:
            print("異常: " + words)


def opened(folder, name):
    return open(os.path.join(folder, name), encoding="utf-8", errors="replace", newline="\n")


def main():
    parser = argparse.ArgumentParser(description="操作ログの書き出しを検証します", add_help=True)
    parser.add_argument("folder", nargs="?", default=HERE, help="書き出しのフォルダ（省略時は、このファイルの場所）")
    parser.add_argument("--key", help="控えておいた検証鍵。これだけを信用します")
    parser.add_argument("--against", help="照合コード、または署名付きの控えのファイル")
    asked = parser.parse_args()
    with opened(asked.folder, "manifest.json") as file:
        manifest = json.load(file)
    store = bytes.fromhex(manifest["store_id"])
    origin = "kyukyu/" + manifest["store_id"]
    trusted = Key(asked.key) if asked.key else None
    outside, outside_code = None, None
    if asked.against and os.path.exists(asked.against):
        with open(asked.against, encoding="utf-8", newline="\n") as file:
            outside = max(notes(file), key=lambda note: note[1])
    elif asked.against:
        outside_code = plain(asked.against)
    wanted = outside[1] if outside else int(outside_code[:-24]) if outside_code else None

    faults, frontier, hash_before, keys = Faults(), Frontier(), bytes(32), []
    checkpoints, proved, unproved, root_then = 0, 0, 0, None
    with opened(asked.folder, "checkpoints.txt") as file:
        signed = sorted(notes(file), key=lambda note: note[1])
    signed.reverse()
    with open(os.path.join(asked.folder, "entries.jsonl"), "rb") as entries, opened(asked.folder, "chain.txt") as chain:
        for line in entries:
            body, seq = line.rstrip(b"\n"), frontier.size + 1
            number, _, written = chain.readline().strip().partition(" ")
            computed = sha(b"kyukyu-log-v1\0", store, seq.to_bytes(8, "big"), hash_before,
                           len(body).to_bytes(8, "big"), body)
            if number != str(seq):
                faults.say(f"{seq}番: 連鎖の番号が {number or '無し'} です。削除・挿入・並べ替えの疑いがあります")
            if computed.hex() != written:
                faults.say(f"{seq}番: 本文がハッシュと一致しません。書換え・削除・挿入の疑いがあります")
            if not body.startswith(b'{"seq":%d,' % seq):
                faults.say(f"{seq}番: 本文中の番号が違います")
            if b'"act":{"kind":"log_key_created"' in body:
                keys.append(Key(json.loads(body)["act"]["key"]))
            # After an edited entry go on from what is written, so that it is told once.
            hash_before = bytes.fromhex(written) if len(written) == 64 else computed
            frontier.append(hash_before)
            if frontier.size == wanted:
                root_then = frontier.root()
            while signed and signed[-1][1] <= frontier.size:
                name, size, root, text, lines = signed.pop()
                checkpoints += 1
                key = trusted or (keys[-1] if keys else None)
                good = key.signed(text, lines) if key else False
                proved, unproved = proved + (good is True), unproved + (good is None)
                if name != origin or good is False:
                    faults.say(f"{size}番まで: チェックポイントの署名が、この操作ログの鍵のものではありません")
                elif size != frontier.size or root != frontier.root():
                    faults.say(f"{size}番まで: 署名された要約と一致しません。それ以前の記録が書き換えられた疑いがあります")
        if chain.readline():
            faults.say(f"{frontier.size}番の後の記録がありません。切り詰められた疑いがあります")
    for _, size, _, _, _ in signed:
        faults.say(f"{size}番まで在ったことが署名されていますが、{frontier.size}番で終わっています")
    if frontier.size != manifest["entries"] or hash_before.hex() != manifest["head"]:
        faults.say(f"manifest.json は{manifest['entries']}件ですが、記録は{frontier.size}件か、最後のハッシュが違います")
    if frontier.root().hex() != manifest["root"]:
        faults.say("全体の要約が manifest.json と一致しません")
    if wanted is not None:
        if outside and outside[0] != origin or outside_code and not plain(code(store, 1, b""))[1:4] == outside_code[-24:-21]:
            faults.say("別の保管庫の控えです")
        elif outside and not any(key.signed(outside[3], outside[4]) is not False for key in ([trusted] if trusted else keys)):
            faults.say("控えの署名が、この操作ログの鍵のものではありません")
        elif wanted > frontier.size:
            faults.say(f"控えでは{wanted}番まで在った記録が、{frontier.size}番で終わっています（切詰め・巻戻しの疑い）")
        elif outside and root_then != outside[2] or outside_code and plain(code(store, wanted, root_then)) != outside_code:
            faults.say(f"控えと一致しません。{wanted}番以前の記録が書き換えられたか、履歴が2つあります（分岐）")

    print(f"記録 {frontier.size}件、チェックポイント {checkpoints}件（署名を確認 {proved}件）")
    print(f"照合コード {code(store, frontier.size, frontier.root())}")
    for key in keys:
        print(f"署名鍵 {key.name}+{key.hash.hex()}+{base64.b64encode(bytes([1]) + key.public).decode()}")
    if unproved:
        print(f"注意: openssl がないため、署名 {unproved}件を確認していません")
    if faults.count:
        print(f"異常があります（{faults.count}件）")
        return 1
    print("異常はありません" if not unproved else "連鎖と要約に異常はありません（署名は未確認）")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        print(f"検証できません: {error}", file=sys.stderr)
        sys.exit(2)
