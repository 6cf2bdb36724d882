//! The export: what it holds, who may have it, and which check finds which change of it, with our program, with Python
//! and openssl alone, with and without what was kept elsewhere.

use crate::support::audit::Audit;
use crate::support::person::Person;
use crate::support::site::Site;
use crate::tools::{
    Done, code, entries, forge, kyukyu, log, log_by, log_ok, other_key, python, sign, stolen_key,
};
use kyukyu::log::bundle::Manifest;
use kyukyu::log::{Act, ChainHash, Frontier, LogKey, StoreId, canonical, origin};
use kyukyu::protocol::{RefusalCode, Reply, Request};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A site with a bundle of its log, a code on paper and a note on a stick that are as new as the bundle.
struct Exported {
    site: Site,
    bundle: PathBuf,
    code: String,
    note: PathBuf,
    key: String,
}

fn exported() -> Exported {
    let mut site = Site::new();
    site.start_station();
    entries(&site, 4);
    entries(&site, 4);
    let bundle = site.folder.path().join("bundle");
    let said = log_ok(&site, &["export", "--to", bundle.to_str().unwrap()]);
    let manifest = manifest(&bundle);
    assert!(said.contains(&manifest.code) && said.contains("書き出しました"), "{said}");
    let checkpoints = fs::read_to_string(bundle.join("checkpoints.txt")).unwrap();
    let note = site.folder.path().join("newest.note");
    let newest = checkpoints.trim_end().rsplit("\n\n").take(2).collect::<Vec<_>>();
    fs::write(&note, format!("{}\n\n{}\n", newest[1], newest[0])).unwrap();
    let key = log_ok(&site, &["key"]).trim().to_owned();
    Exported { site, bundle, code: manifest.code, note, key }
}

fn manifest(bundle: &Path) -> Manifest {
    Manifest::parse(&fs::read_to_string(bundle.join("manifest.json")).unwrap()).unwrap()
}

fn bodies(bundle: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read(bundle.join("entries.jsonl")).unwrap();
    entries.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

#[test]
fn it_holds_the_whole_log_and_is_on_record_first() {
    let exported = exported();
    let bodies = bodies(&exported.bundle);
    let manifest = manifest(&exported.bundle);
    assert_eq!(bodies.len() as u64, manifest.entries);
    let last = canonical::decode(bodies.last().unwrap()).unwrap();
    let Act::LogExported { first, last: to_last, to, .. } = last.act else { panic!("{last:?}") };
    assert_eq!((first, to_last, last.seq), (1, manifest.entries, manifest.entries));
    assert!(to.as_str().ends_with("/bundle"), "{to}");
    assert_eq!(last.actor.unwrap().user.as_str(), "kansa");
    let mut names: Vec<String> = fs::read_dir(&exported.bundle)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "README.txt",
        "chain.txt",
        "checkpoints.txt",
        "entries.jsonl",
        "manifest.json",
        "verify.py",
        "vkey.txt",
    ];
    assert_eq!(names, expected);
    assert_eq!(fs::read_to_string(exported.bundle.join("vkey.txt")).unwrap().trim(), exported.key);
    assert!(exported.key.starts_with("kyukyu/"), "{}", exported.key);

    // The same again: what is there is never overwritten, nor is half a bundle.
    let place = exported.bundle.to_str().unwrap();
    let again = log(&exported.site, &["export", "--to", place]);
    assert!(again.code == 1 && again.said.contains("上書きはしません"), "{again:?}");
    let half = exported.site.folder.path().join("half");
    fs::create_dir(half.with_extension("partial")).unwrap();
    let again = log(&exported.site, &["export", "--to", half.to_str().unwrap()]);
    assert!(again.code == 1 && again.said.contains("消してから"), "{again:?}");

    let refused = log_by(&exported.site, "sato", &["export", "--to", &format!("{place}-2")]);
    assert!(refused.code == 1 && refused.said.contains("監査権限"), "{refused:?}");
    assert!(!Path::new(&format!("{place}-2")).exists() && !Path::new(&format!("{place}-2.partial")).exists());
    Audit::new(&exported.site).find("refusal", "操作ログの書き出し");
}

#[test]
fn an_auditor_checks_it_with_python_and_openssl_alone() {
    let exported = exported();
    let checked = python(&exported.bundle, &["--key", &exported.key]);
    assert_eq!((checked.code, checked.said.as_str()), (0, ""), "{checked:?}");
    let entries = manifest(&exported.bundle).entries;
    for words in
        [format!("記録 {entries}件"), exported.code.clone(), exported.key.clone(), "異常はありません".into()]
    {
        assert!(checked.out.contains(&words), "{words}: {}", checked.out);
    }
    assert!(!checked.out.contains("署名を確認 0件"), "{}", checked.out);

    // And one signature with openssl itself, as docs/log.md says.
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let note = fs::read_to_string(&exported.note).unwrap();
    let (text, signature) = note.split_once("\n\n").unwrap();
    let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).unwrap();
    let signature = decode(signature.trim().rsplit(' ').next().unwrap());
    let public = decode(exported.key.splitn(3, '+').nth(2).unwrap());
    let der = data_encoding::HEXLOWER.decode(b"302a300506032b6570032100").unwrap();
    let key = file("key.der", &[der.as_slice(), &public[1..]].concat());
    let signature = file("signature", &signature[4..]);
    for (text, good) in [(format!("{text}\n"), true), (format!("{text} \n"), false)] {
        let text = file("text", text.as_bytes());
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey"]).arg(&key);
        openssl.arg("-in").arg(&text).arg("-sigfile").arg(&signature);
        assert_eq!(openssl.output().expect("openssl is installed").status.success(), good);
    }
}

/// Nothing leaves before the entry that says so, and nothing that came after it.
#[test]
fn rows_are_given_only_to_an_export_that_is_on_record() {
    let mut site = Site::new();
    site.start_station();
    let mut kansa = Person::with_password(&site, "kansa");
    let refusal = kansa.refused_as(Request::ExportRows { from: 1 }, RefusalCode::WrongState);
    assert!(refusal.words.as_str().contains("始まっていません"), "{refusal}");
    let Reply::ExportBegun(begun) = kansa.ask(Request::ExportLog { to: "x\u{1b}[2J".into() }) else {
        panic!()
    };
    let mut other = Person::with_password(&site, "kanri");
    other.refused_as(Request::ExportRows { from: 1 }, RefusalCode::WrongState);
    let Reply::ExportRows(page) = kansa.ask(Request::ExportRows { from: begun.last }) else { panic!() };
    assert_eq!(page.rows.iter().map(|row| row.0).collect::<Vec<_>>(), [begun.last]);
    assert_eq!(page.checkpoints.len(), 1, "the last entry is signed");
    let Reply::ExportRows(page) = kansa.ask(Request::ExportRows { from: begun.last + 1 }) else { panic!() };
    assert!(page.rows.is_empty() && page.checkpoints.is_empty());
    let line = Audit::new(&site).find("log_exported", "1～");
    assert!(!line.words.as_str().contains('\u{1b}'), "{}", line.words);
}

/// A bundle in the hands of a forger.
struct Forgery {
    folder: PathBuf,
    store: StoreId,
    bodies: Vec<Vec<u8>>,
    sealed: Vec<u64>,
}

impl Forgery {
    fn of(bundle: &Path, folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(bundle).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        let store = StoreId::parse(&manifest(&folder).store_id).unwrap();
        let checkpoints = fs::read_to_string(folder.join("checkpoints.txt")).unwrap();
        let lines: Vec<&str> = checkpoints.lines().collect();
        let sealed =
            lines.windows(2).filter(|pair| pair[0] == origin(&store)).map(|pair| pair[1].parse().unwrap());
        Self { bodies: bodies(&folder), sealed: sealed.collect(), folder, store }
    }

    fn change(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.join(name);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    }

    fn lines(&self, name: &str, change: impl FnOnce(&mut Vec<String>)) {
        self.change(name, |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            change(&mut lines);
            lines.join("\n") + "\n"
        });
    }

    /// Another word in the fifth entry.
    fn edit(&mut self) {
        let body = String::from_utf8(self.bodies[4].clone()).unwrap();
        let changed = body.replacen("\"host\":\"", "\"host\":\"x", 1);
        assert_ne!(body, changed);
        self.bodies[4] = changed.into_bytes();
    }

    /// Gives every entry the number of its place, as the station would have.
    fn renumber(&mut self) {
        for (place, body) in self.bodies.iter_mut().enumerate() {
            let text = String::from_utf8(body.clone()).unwrap();
            let rest = text.split_once(',').unwrap().1.to_owned();
            *body = format!("{{\"seq\":{},{rest}", place + 1).into_bytes();
        }
    }

    fn write_entries(&self) {
        let text: Vec<u8> = self.bodies.iter().flat_map(|body| [body.as_slice(), b"\n"].concat()).collect();
        fs::write(self.folder.join("entries.jsonl"), text).unwrap();
    }

    /// Entries, chain and manifest, as if it had always been so.
    fn rewrite(&self) {
        self.write_entries();
        let forged = forge(&self.store, &self.bodies);
        let linked = |(place, hash): (usize, &ChainHash)| format!("{} {hash}", place + 1);
        let chain: Vec<String> = forged.chain.iter().enumerate().map(linked).collect();
        let chain = chain.join("\n") + "\n";
        fs::write(self.folder.join("chain.txt"), chain).unwrap();
        let (last, frontier) = (forged.chain.last().unwrap(), forged.frontiers.last().unwrap());
        let mut manifest = manifest(&self.folder);
        manifest.entries = frontier.size();
        manifest.head = last.to_string();
        manifest.root = ChainHash(frontier.root()).to_string();
        manifest.code = code(&self.store, frontier);
        fs::write(self.folder.join("manifest.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
    }

    /// Every checkpoint signed anew over what is there, and the last entry too.
    fn sign(&self, key: &LogKey) {
        let forged = forge(&self.store, &self.bodies);
        let last = self.bodies.len() as u64;
        let wanted = |frontier: &&Frontier| self.sealed.contains(&frontier.size()) || frontier.size() == last;
        let sums = forged.frontiers.iter().filter(wanted);
        let notes: Vec<String> = sums.map(|frontier| sign(&self.store, frontier, key)).collect();
        let text = notes.join("\n") + "\n";
        fs::write(self.folder.join("checkpoints.txt"), text).unwrap();
    }

    /// Another key in the entry that names it, and in the file beside.
    fn exchange_key(&mut self, key: &LogKey) {
        let new = key.verifier(&origin(&self.store)).unwrap().to_string();
        let old = fs::read_to_string(self.folder.join("vkey.txt")).unwrap().trim().to_owned();
        for body in &mut self.bodies {
            *body = String::from_utf8(body.clone()).unwrap().replace(&old, &new).into_bytes();
        }
        fs::write(self.folder.join("vkey.txt"), format!("{new}\n")).unwrap();
    }

    fn check(&self, words: &[&str]) -> (Done, Done) {
        let bundle = ["log", "verify", "--bundle", self.folder.to_str().unwrap()];
        (kyukyu(&[&bundle, words].concat(), ""), python(&self.folder, words))
    }
}

/// Who changes a bundle, and what he has: the stolen key of the station.
type Change = fn(&mut Forgery, &LogKey);

/// The exit codes of `kyukyu log verify --bundle` for each change: alone, against the code on paper, against the note on
/// the stick, with the key that was written down. Python says 1 wherever ours says anything but 0.
#[test]
fn which_check_finds_which() {
    let table: [(&str, Change, [i32; 4]); 17] = [
        ("untouched", |_, _| (), [0; 4]),
        (
            "a word edited",
            |f, _| {
                f.edit();
                f.write_entries();
            },
            [3; 4],
        ),
        ("an entry deleted", |f, _| f.lines("entries.jsonl", |lines| drop(lines.remove(4))), [3; 4]),
        (
            "an entry and its hash deleted",
            |f, _| {
                f.lines("entries.jsonl", |lines| drop(lines.remove(4)));
                f.lines("chain.txt", |lines| drop(lines.remove(4)));
            },
            [3; 4],
        ),
        (
            "two entries exchanged",
            |f, _| {
                f.lines("entries.jsonl", |lines| lines.swap(4, 5));
                f.lines("chain.txt", |lines| lines.swap(4, 5));
            },
            [3; 4],
        ),
        (
            "an entry inserted",
            |f, _| f.lines("entries.jsonl", |lines| lines.insert(5, lines[4].clone())),
            [3; 4],
        ),
        (
            "the end cut off",
            |f, _| {
                f.lines("entries.jsonl", |lines| lines.truncate(8));
                f.lines("chain.txt", |lines| lines.truncate(8));
            },
            [4; 4],
        ),
        (
            "the end cut off, the manifest with it, the checkpoints left",
            |f, _| {
                f.bodies.truncate(8);
                f.rewrite();
            },
            [4; 4],
        ),
        (
            "an older bundle",
            |f, key| {
                f.bodies.truncate(8);
                f.rewrite();
                f.sign(key);
            },
            [0, 5, 5, 0],
        ),
        (
            "edited, chain and manifest made anew",
            |f, _| {
                f.edit();
                f.rewrite();
            },
            [3; 4],
        ),
        (
            "edited, chain made anew, checkpoints thrown away",
            |f, _| {
                f.edit();
                f.rewrite();
                fs::write(f.folder.join("checkpoints.txt"), "").unwrap();
            },
            [0, 3, 3, 0],
        ),
        (
            "deleted and renumbered, all signed anew with the stolen key",
            |f, key| {
                f.bodies.remove(4);
                f.bodies.push(f.bodies[3].clone());
                f.renumber();
                f.rewrite();
                f.sign(key);
            },
            [0, 6, 6, 0],
        ),
        (
            "edited, signed anew with another key",
            |f, _| {
                f.edit();
                f.rewrite();
                f.sign(&other_key());
            },
            [8, 3, 3, 8],
        ),
        (
            "edited, another key from the beginning",
            |f, _| {
                f.edit();
                f.exchange_key(&other_key());
                f.rewrite();
                f.sign(&other_key());
            },
            [0, 6, 8, 8],
        ),
        (
            "a signature damaged",
            |f, _| {
                f.change("checkpoints.txt", |text| text.replacen("\u{2014} kyukyu/", "\u{2014} kyukyu/0", 1));
            },
            [8; 4],
        ),
        (
            "a checkpoint's size changed",
            |f, _| {
                let size = f.sealed[0];
                f.change("checkpoints.txt", |text| {
                    text.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1)
                });
            },
            [3; 4],
        ),
        (
            "of another store",
            |f, _| {
                f.change("manifest.json", |text| {
                    text.replacen("\"store_id\": \"", "\"store_id\": \"00", 1).replacen(
                        &f.store.to_string()[30..],
                        "",
                        1,
                    )
                });
            },
            [3, 7, 7, 3],
        ),
    ];
    let exported = exported();
    let key = stolen_key(&exported.site);
    let (note, code) = (exported.note.to_str().unwrap(), exported.code.as_str());
    let ways: [&[&str]; 4] = [&[], &["--against", code], &["--against", note], &["--key", &exported.key]];
    for (number, (name, change, expected)) in table.into_iter().enumerate() {
        let folder = exported.site.folder.path().join(format!("forgery-{number}"));
        let mut forgery = Forgery::of(&exported.bundle, folder);
        change(&mut forgery, &key);
        for (words, expected) in ways.iter().zip(expected) {
            let (ours, theirs) = forgery.check(words);
            assert_eq!(ours.code, expected, "{name} {words:?}: {ours:?}");
            assert_eq!(theirs.code, i32::from(expected != 0), "{name} {words:?}: {theirs:?} beside {ours:?}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_said_and_is_no_verdict() {
    let exported = exported();
    let place = exported.bundle.to_str().unwrap();
    let table: [(&[&str], &str); 6] = [
        (&["--bundle", "/nowhere"], "manifest.json"),
        (&["--bundle", place, "--against", "12345"], "長さ"),
        (&["--bundle", place, "--against", &exported.code.replace('-', "-O")], "「O」"),
        (&["--bundle", place, "--against", &format!("9{}", exported.code)], "写し間違い"),
        (&["--bundle", place, "--against", place], "控えのファイル"),
        (&["--bundle", place, "--key", "abc"], "検証鍵"),
    ];
    for (words, sentence) in table {
        let done = kyukyu(&[&["log", "verify"], words].concat(), "");
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{words:?}: {done:?}");
        assert!(done.said.contains(sentence), "{words:?}: {}", done.said);
    }
    let json = kyukyu(&["log", "verify", "--json", "--bundle", place, "--against", &exported.code], "");
    let found: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &found["verdict"]["is"]), (0, &"sound".into()), "{found}");
    let without = kyukyu(&["log", "verify", "--key", &exported.key], "");
    assert_eq!(without.code, 2, "{without:?}");
    fs::write(exported.bundle.join("entries.jsonl"), "x".repeat(100_000)).unwrap();
    let long = kyukyu(&["log", "verify", "--bundle", place], "");
    assert!(long.code == 1 && long.said.contains("長すぎる"), "{long:?}");
}
