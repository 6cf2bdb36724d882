//! The whole log as a folder that anybody can check without us.

use super::super::super::{Failure, out};
use super::pages::{Pages, not_understood};
use super::place::{new_file, sync};
use crate::log::bundle::{self, Manifest};
use crate::log::{ChainHash, StoreId, Verifier};
use crate::protocol::view::ExportView;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes what comes.
pub(super) fn write(pages: &mut Pages<'_>, folder: &Path) -> Result<(), Failure> {
    let mut entries = file(folder, bundle::ENTRIES)?;
    let mut chain = file(folder, bundle::CHAIN)?;
    let mut checkpoints = file(folder, bundle::CHECKPOINTS)?;
    let begun = pages.begun().clone();
    let store = StoreId::parse(begun.store_id.as_str()).ok_or_else(not_understood)?;
    // What arrives is hashed on the way, so that a bundle is what the station sent, or is said not to be.
    let mut verifier = Verifier::new(store).hashes_only();
    while let Some(page) = pages.next()? {
        for (seq, hash, body) in &page.rows {
            let hash = ChainHash::parse(hash.as_str()).ok_or_else(not_understood)?;
            verifier.push(*seq, None, hash, body.as_bytes());
            bundle::write_entry(&mut entries, &mut chain, *seq, &hash, body)
                .map_err(|error| failed(folder, &error))?;
        }
        for (_, note) in &page.checkpoints {
            bundle::write_checkpoint(&mut checkpoints, note).map_err(|error| failed(folder, &error))?;
        }
    }
    let report = verifier.finish(None);
    if !report.is_sound() || report.head.hash.to_string() != begun.head.as_str() {
        out::note(
            "【注意】操作ログに異常があります。書き出しは完了しました。kyukyu log verify で確認してください",
        );
    }
    for file in [entries, chain, checkpoints] {
        close(file).map_err(|error| failed(folder, &error))?;
    }
    texts(folder, &begun)?;
    sync(folder).map_err(|error| failed(folder, &error))
}

/// What the person is told.
pub(super) fn tell(begun: &ExportView, to: &Path, json: bool) {
    if json {
        out::json(begun);
    } else {
        out::line(format!("書き出しました: {}（{}件）", to.display(), begun.last));
        out::line(format!("照合コード {}", begun.code));
        out::line(format!("検証: kyukyu log verify --bundle {}", to.display()));
    }
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
        written.write_all(text.as_bytes()).and_then(|()| close(written)).map_err(|e| failed(folder, &e))?;
    }
    Ok(())
}

fn file(folder: &Path, name: &str) -> Result<BufWriter<File>, Failure> {
    let path = folder.join(name);
    let made = new_file(&path);
    let made = made.map_err(|error| format!("{} を作成できません（{error}）", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 16, made))
}

fn close(file: BufWriter<File>) -> io::Result<()> {
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn failed(folder: &Path, error: &io::Error) -> Failure {
    format!("{} に書き込めません。空きと権限を確認してください（{error}）", folder.display()).into()
}
