//! `kyukyu log verify`: at the station, or of an exported bundle without one.

use super::super::client::ask;
use super::super::{Failure, out};
use crate::client::Client;
use crate::log::bundle::{self, Files, Manifest};
use crate::log::{Outside, Verdict, VerifierKey};
use crate::protocol::view::VerifyView;
use crate::protocol::{Reply, Request};
use crate::store::check_file;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file of notes that is read: some hundred thousand.
const LONGEST: u64 = 64 << 20;

#[derive(Debug, clap::Args)]
#[command(after_long_help = "終了コード:\n  \
    0 異常なし\n  \
    1 検証できなかった（接続・権限・ファイル）\n  \
    2 指定の誤り\n  \
    3 改変（書換え・削除・挿入・並べ替え）\n  \
    4 切詰め（末尾がない）\n  \
    5 巻戻し（外部の控えより古い）\n  \
    6 分岐（署名された履歴が2つある）\n  \
    7 別の保管庫の控え\n  \
    8 署名の鍵が違う\n\
    書き出しに入っている verify.py の終了コードは別です（0 異常なし、1 異常あり、2 検証できない）。\n\
    外部の控えがないと、記録も署名も作り直した書換えと、古い複製への巻戻しは分かりません。")]
pub(super) struct Options {
    /// 外部の控え: 照合コード、または署名付きの控えのファイル（書き出しの checkpoints.txt も可）
    #[arg(long, value_name = "CODE|FILE")]
    against: Option<String>,
    /// ステーションではなく、書き出したフォルダを検証します（ステーションもログインも要りません）
    #[arg(long, value_name = "DIR", group = "apart")]
    bundle: Option<PathBuf>,
    /// 使われていない保管庫（退避した store.redb.damaged-1 など）を検証します。ファイルは変えません
    #[arg(long, value_name = "FILE", group = "apart")]
    store: Option<PathBuf>,
    /// 控えておいた検証鍵だけを信用します（--bundle または --store と使います）
    #[arg(long, value_name = "VKEY", requires = "apart")]
    key: Option<String>,
}

impl Options {
    /// Checks a bundle or a file, where one is meant.
    pub(super) fn without_station(&self, json: bool) -> Result<Option<ExitCode>, Failure> {
        let key = self.key.as_deref().map(|key| VerifierKey::parse(key.trim())).transpose()?;
        if let Some(file) = &self.store {
            let checked = check_file(file, self.outside()?.as_ref(), key)?;
            return Ok(Some(tell(&VerifyView::of(&checked), self.against.is_some(), false, json)));
        }
        let Some(folder) = &self.bundle else { return Ok(None) };
        let outside = self.outside()?;
        let manifest = Manifest::parse(&read(&folder.join(bundle::MANIFEST))?)?;
        let files = Files {
            entries: open(&folder.join(bundle::ENTRIES))?,
            chain: open(&folder.join(bundle::CHAIN))?,
            checkpoints: open(&folder.join(bundle::CHECKPOINTS))?,
        };
        let checked = bundle::check(&manifest, files, outside, key)?;
        Ok(Some(tell(&VerifyView::of(&checked), self.against.is_some(), false, json)))
    }

    /// What was kept elsewhere: a file of that name, else a code.
    pub(super) fn outside(&self) -> Result<Option<Outside>, Failure> {
        let Some(given) = &self.against else { return Ok(None) };
        let path = Path::new(given);
        if !path.is_file() && given.contains(['/', '.']) {
            return Err(format!("控えのファイル {given} がありません。場所を確認してください").into());
        }
        let text = if path.is_file() { read(path)? } else { given.clone() };
        Ok(Some(Outside::parse(&text)?))
    }
}

/// Has the station check its own log.
pub(super) fn at_station(
    client: &mut Client,
    outside: Option<&Outside>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let request = match outside {
        Some(outside) => Request::VerifyLogAgainst { outside: outside.to_text() },
        None => Request::VerifyLog,
    };
    let Reply::Verified(found) = ask(client, request)? else {
        return Err("ステーションの応答が正しくありません".into());
    };
    Ok(tell(&found, outside.is_some(), true, json))
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let opened = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(BufReader::with_capacity(1 << 16, opened))
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    open(path)?.take(LONGEST).read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    format!("{} を読めません。場所と、ファイルがそろっているかを確認してください（{error}）", path.display())
        .into()
}

/// `in_use` is the log of a station that works.
fn tell(found: &VerifyView, against: bool, in_use: bool, json: bool) -> ExitCode {
    let sound = found.verdict == Verdict::Sound;
    if json {
        out::json(found);
    } else {
        let outside = if against { "・外部の控えと一致" } else { "" };
        if sound {
            out::line(format!(
                "異常はありません（{}件と署名{}件を検証{outside}、最新のハッシュ値 {}）",
                found.entries, found.checkpoints, found.head
            ));
        } else {
            out::line(found.verdict);
            out::line(format!("{}件と署名{}件を検証しました", found.entries, found.checkpoints));
            found.faults.iter().for_each(|fault| out::line(format!("  {fault}")));
        }
        for (seq, key) in found.keys.iter().skip(1) {
            out::line(format!(
                "ご注意: 署名の鍵が{seq}番で替わっています（{key}）。心当たりがあるか確認してください"
            ));
        }
        if sound && !in_use && !against {
            out::line(
                "ご注意: 古い複製への巻戻しは、外部の控え（--against）と照らし合わせないと分かりません",
            );
        }
        if in_use && matches!(found.verdict, Verdict::OtherStore) {
            out::line(
                "保管庫が替わる前の控えのときは、退避したファイルと照合してください（--store FILE --against …）",
            );
        }
        if !sound && !matches!(found.verdict, Verdict::OtherStore) {
            out::line(if in_use {
                "このステーションの利用を止め、システム管理者と監査担当に連絡してください"
            } else {
                "このファイルを保全し、システム管理者と監査担当に連絡してください"
            });
        }
    }
    ExitCode::from(found.verdict.exit_code())
}
