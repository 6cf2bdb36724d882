//! Answers as text or JSON, and as exit codes.

use kyukyu::card::Identity;
use kyukyu::card::line::{Answer, ErrorReport, ReaderReport};
use std::io::Write;
use std::process::ExitCode;

/// Writes an answer and gives the exit code.
pub(crate) fn finish(answer: &Answer, json: bool) -> ExitCode {
    let code = exit_code(answer);
    let written = if json {
        serde_json::to_string(answer)
            .map_err(std::io::Error::from)
            .and_then(|line| writeln!(std::io::stdout(), "{line}"))
    } else if let Answer::Error(report) = answer {
        writeln!(std::io::stderr(), "{report}")
    } else {
        write!(std::io::stdout(), "{}", text(answer))
    };
    if written.is_err() { ExitCode::FAILURE } else { ExitCode::from(code) }
}

fn exit_code(answer: &Answer) -> u8 {
    let Answer::Error(ErrorReport { code, .. }) = answer else { return 0 };
    match code.as_str() {
        "no_reader" | "unknown_reader" | "no_card" | "unknown_card" => 3,
        "wrong_pin" | "pin_format" | "pin_missing" | "pin_cancelled" | "pin_not_here" => 4,
        "locked" => 5,
        "last_try" | "tries_unknown" => 6,
        "not_enrolled" => 7,
        "challenge_refused" => 8,
        "no_service" | "version_mismatch" | "no_answer" | "not_allowed" | "no_transport" => 9,
        _ => 1,
    }
}

fn text(answer: &Answer) -> String {
    match answer {
        Answer::Readers(readers) if readers.is_empty() => "カードリーダーがありません\n".to_owned(),
        Answer::Readers(readers) => readers.iter().map(reader_line).collect(),
        Answer::Tries { reader, tries_left } => format!("{reader}: {}\n", tries(*tries_left)),
        Answer::Identity { reader, card } => format!("{reader}: {}\n", card_text(card)),
        Answer::Signed(signed) => format!(
            "certificate {}\nsignature {}\n",
            data_encoding::HEXLOWER.encode(&signed.certificate),
            data_encoding::HEXLOWER.encode(&signed.signature)
        ),
        Answer::Hello(_)
        | Answer::Moved {}
        | Answer::StillThere {}
        | Answer::Gone { .. }
        | Answer::Error(_) => String::new(),
    }
}

fn reader_line(report: &ReaderReport) -> String {
    match (&report.card, &report.problem) {
        (Some(card), _) => format!("{}: {}\n", report.reader, card_text(card)),
        (None, Some(problem)) => format!("{}: {problem}\n", report.reader),
        (None, None) => format!("{}\n", report.reader),
    }
}

fn card_text(card: &Identity) -> String {
    let role = card.hc_role.as_ref().map_or("資格の記載なし", |role| role.as_str());
    let label = card.kind.label();
    format!(
        "{label} {} 資格:{role} 有効期限:{} 鍵:{}",
        tries(card.tries_left),
        day(card.not_after),
        card.spki_sha256
    )
}

fn tries(left: Option<u8>) -> String {
    left.map_or("PIN残り回数不明".to_owned(), |n| format!("PIN残り{n}回"))
}

/// The day in Japan.
fn day(unix_seconds: u64) -> String {
    let japan = jiff::tz::Offset::constant(9);
    i64::try_from(unix_seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or("不明".to_owned(), |time| japan.to_datetime(time).date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kyukyu::card::{CardError, TransportError};
    use kyukyu::domain::SafeText;

    #[test]
    fn exit_codes() {
        let locked = CardError::Locked { unlock: SafeText::new("") };
        let table: [(CardError, u8); 8] = [
            (TransportError::NoCard.into(), 3),
            (CardError::UnknownCard { atr: String::new() }, 3),
            (CardError::WrongPin { tries_left: 2 }, 4),
            (locked, 5),
            (CardError::LastTry, 6),
            (CardError::NotEnrolled { kind: kyukyu::card::CardKind::Hpki }, 7),
            (TransportError::NoService.into(), 9),
            (CardError::SignatureMismatch, 1),
        ];
        for (error, code) in table {
            assert_eq!(exit_code(&Answer::Error(error.clone().into())), code, "{error:?}");
        }
        assert_eq!(exit_code(&Answer::Readers(vec![])), 0);
    }

    #[test]
    fn days_are_japanese_days() {
        assert_eq!(day(1_763_855_999 - 8 * 3600), "2025-11-23");
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(u64::MAX), "不明");
    }
}
