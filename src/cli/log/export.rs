//! `kyukyu log export`: the whole log as a bundle, page by page, into a folder that is new.
//!
//! It is built under another name and renamed when it is whole, so that no half bundle is ever taken for one.

use super::super::client::ask;
use super::super::{Failure, out};
use crate::client::Client;
use crate::log::bundle::{self, Manifest};
use crate::log::{ChainHash, StoreId, Verifier};
use crate::protocol::view::ExportView;
use crate::protocol::{Reply, Request};
use rustix::fs::{CWD, RenameFlags};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Entries between two words about how far it is.
const WORD_EVERY: u64 = 50_000;

/// Says before anybody logs in that a place is taken.
pub(super) fn refuse(to: &Path) -> Result<(), Failure> {
    for (taken, advice) in [
        (to.to_owned(), "別の場所を指定してください"),
        (partial(to), "前回の途中のものです。消してからやり直してください"),
    ] {
        if fs::symlink_metadata(&taken).is_ok() {
            return Err(format!("{} がすでにあります。上書きはしません。{advice}", taken.display()).into());
        }
    }
    Ok(())
}

pub(super) fn run(client: &mut Client, to: &Path, json: bool) -> Result<ExitCode, Failure> {
    let building = partial(to);
    let failed = |error: &io::Error| -> Failure {
        format!("{} に書き出せません。場所・権限・空きを確認してください（{error}）", to.display()).into()
    };
    fs::DirBuilder::new().mode(0o700).create(&building).map_err(|error| failed(&error))?;
    let to_log = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
    let written = write(client, &building, &to_log.display().to_string());
    let begun = match written {
        Ok(begun) => begun,
        Err(failure) => {
            // Nothing is lost: what was written is still in the store, and half a bundle is of no use.
            let _ = fs::remove_dir_all(&building);
            return Err(failure);
        }
    };
    rustix::fs::renameat_with(CWD, &building, CWD, to, RenameFlags::NOREPLACE)
        .map_err(|errno| failed(&errno.into()))?;
    sync(to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))
        .map_err(|error| failed(&error))?;
    if json {
        out::json(&begun);
    } else {
        out::line(format!("書き出しました: {}（{}件）", to.display(), begun.last));
        out::line(format!("照合コード {}", begun.code));
        out::line(format!("検証: kyukyu log verify --bundle {}", to.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Asks for the export, which is on record then, and writes what comes.
fn write(client: &mut Client, folder: &Path, to: &str) -> Result<ExportView, Failure> {
    let mut entries = file(folder, bundle::ENTRIES)?;
    let mut chain = file(folder, bundle::CHAIN)?;
    let mut checkpoints = file(folder, bundle::CHECKPOINTS)?;
    let Reply::ExportBegun(begun) = ask(client, Request::ExportLog { to: to.to_owned() })? else {
        return Err(not_understood());
    };
    let store = StoreId::parse(begun.store_id.as_str()).ok_or_else(not_understood)?;
    // What arrives is hashed on the way, so that a bundle is what the station sent, or is said not to be.
    let mut verifier = Verifier::new(store).hashes_only();
    let mut from = 1;
    while from <= begun.last {
        let Reply::ExportRows(page) = ask(client, Request::ExportRows { from })? else {
            return Err(not_understood());
        };
        for (seq, hash, body) in &page.rows {
            let hash = ChainHash::parse(hash.as_str()).ok_or_else(not_understood)?;
            verifier.push(*seq, None, hash, body.as_bytes());
            bundle::write_entry(&mut entries, &mut chain, *seq, &hash, body)?;
            if seq % WORD_EVERY == 0 {
                out::note(format!("書き出し中: {seq} / {}件", begun.last));
            }
        }
        for (_, note) in &page.checkpoints {
            bundle::write_checkpoint(&mut checkpoints, note)?;
        }
        let Some((last, _, _)) = page.rows.last() else { break };
        from = last.saturating_add(1);
    }
    let report = verifier.finish(None);
    if !report.is_sound() || report.head.hash.to_string() != begun.head.as_str() {
        out::note(
            "【注意】操作ログに異常があります。書き出しは完了しました。kyukyu log verify で確認してください",
        );
    }
    for file in [entries, chain, checkpoints] {
        close(file)?;
    }
    texts(folder, &begun)?;
    sync(folder)?;
    Ok(*begun)
}

/// What is beside the log itself; the manifest last.
fn texts(folder: &Path, begun: &ExportView) -> Result<(), Failure> {
    let manifest = Manifest {
        format: bundle::FORMAT.to_owned(),
        store_id: begun.store_id.to_string(),
        training: begun.training,
        entries: begun.last,
        head: begun.head.to_string(),
        root: begun.root.to_string(),
        code: begun.code.to_string(),
    };
    let key = format!("{}\n", begun.key);
    let manifest = format!("{}\n", serde_json::to_string_pretty(&manifest)?);
    let own = [(bundle::KEY, key.as_str()), (bundle::MANIFEST, manifest.as_str())];
    for (name, text) in bundle::TEXTS.into_iter().chain(own) {
        let mut written = file(folder, name)?;
        written.write_all(text.as_bytes())?;
        close(written)?;
    }
    Ok(())
}

fn file(folder: &Path, name: &str) -> Result<BufWriter<File>, Failure> {
    let path = folder.join(name);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let made = made.map_err(|error| format!("{} を作成できません（{error}）", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 16, made))
}

fn close(file: BufWriter<File>) -> io::Result<()> {
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn not_understood() -> Failure {
    "ステーションの応答が正しくありません".into()
}
